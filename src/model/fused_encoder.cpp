#include "bertforge/model/fused_encoder.h"

#include <torch/autograd.h>

#include "typed_fused_encoder.h"

namespace bertforge {
namespace {

// ATen's lookups check this too.
void check_ids(const at::Tensor& ids, std::int64_t num_rows, const char* what) {
  const std::int64_t* const begin = ids.const_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < ids.numel(); ++i) {
    BERTFORGE_CHECK(begin[i] >= 0 && begin[i] < num_rows, what, " ", begin[i], " of ", num_rows);
  }
}

// The node of the graph that stands for the encoder. Gradients of its weights go to the store and not through the
// graph.
template <class T>
struct EncoderBackward : torch::autograd::Node {
  std::shared_ptr<TypedFusedEncoder<T>> encoder;
  BertModelImpl* model = nullptr;
  std::int64_t pass = 0;

  torch::autograd::variable_list apply(torch::autograd::variable_list&& gradients) override {
    const torch::NoGradGuard no_grad;
    if (gradients[0].defined()) encoder->backward(*model, pass, gradients[0]);
    return {at::Tensor()};
  }
};

}  // namespace

std::vector<at::Tensor> joined_rows(const std::vector<at::Tensor>& matrices) {
  const at::Tensor& first = matrices.front();
  std::int64_t num_rows = 0;
  for (const at::Tensor& matrix : matrices) {
    const bool follows = matrix.is_contiguous() && matrix.storage().is_alias_of(first.storage()) &&
                         matrix.storage_offset() == first.storage_offset() + num_rows * first.size(1);
    if (!follows) return matrices;
    num_rows += matrix.size(0);
  }
  return {first.as_strided({num_rows, first.size(1)}, {first.size(1), 1})};
}

template <class T>
EncoderOutput TypedFusedEncoder<T>::forward(BertModelImpl& model, const BertInput& input,
                                            const ForwardContext& context) {
  const bool records = torch::GradMode::is_enabled();
  BERTFORGE_CHECK(!records || store_ != nullptr, "fused backward passes need a store for their gradients");
  EncoderOutput result;
  {
    const torch::NoGradGuard no_grad;
    ++pass_;
    kept_ = !records ? Kept::kNothing : context.checkpoints_activations ? Kept::kOutputs : Kept::kAll;
    rows_ = encoder_rows(input, context.dropout ? context.dropout->first_example : 0);
    dropout_ = context.dropout;
    hidden_dropout_ = context.dropout ? config_.hidden_dropout_prob : 0;
    attention_dropout_ = context.dropout ? config_.attention_probs_dropout_prob : 0;
    choose_output_rows(context);
    embedded_.reset();  // What the pass before left, lest its memory stay while buffers grow.
    outputs_.clear();
    embed(model);
    if (context.output_hidden_states) result.hidden_states.push_back(rows_.scatter(embedded_));
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      const LayerWeights weights(*model.encoder->layer[i]->template as<EncoderLayerImpl>());
      outputs_.push_back(forward_layer(weights, static_cast<std::int64_t>(i), x_of(i)));
      if (context.output_hidden_states) result.hidden_states.push_back(rows_.scatter(outputs_[i]));
    }
    if (output_rows_.indices.defined()) {
      result.last_hidden_state = x_of(layers_.size()).clone();
    } else {
      result.last_hidden_state =
          context.output_hidden_states ? result.hidden_states.back() : rows_.scatter(x_of(layers_.size()));
    }
  }
  if (records) {
    auto node = std::make_shared<EncoderBackward<T>>();
    node->encoder = this->shared_from_this();
    node->model = &model;
    node->pass = pass_;
    node->set_next_edges(torch::autograd::collect_next_edges(model.embeddings->word_embeddings->weight));
    torch::autograd::create_gradient_edge(result.last_hidden_state, std::move(node));
  }
  return result;
}

template <class T>
void TypedFusedEncoder<T>::choose_output_rows(const ForwardContext& context) {
  output_rows_.indices = context.output_rows.defined() ? rows_.find(context.output_rows) : at::Tensor();
  output_rows_.places.clear();
  if (!output_rows_.indices.defined()) return;
  const std::int64_t* const indices = output_rows_.indices.template const_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < output_rows_.indices.numel(); ++i) {
    output_rows_.places.push_back(rows_.places[static_cast<std::size_t>(indices[i])]);
  }
}

template <class T>
DropoutRule TypedFusedEncoder<T>::rule(std::int64_t layer, DropoutSite site, double probability) const {
  if (!dropout_) return {};
  return {dropout_->at(layer, site), probability};
}

template <class T>
void TypedFusedEncoder<T>::embed(BertModelImpl& model) {
  const Timed timed(times_.embeddings);
  BERTFORGE_CHECK(rows_.length <= config_.max_position_embeddings, rows_.length, " tokens, ",
                  config_.max_position_embeddings, " positions");
  auto& embeddings = *model.embeddings;
  const std::int64_t size = config_.hidden_size, num_rows = rows_.num_rows();
  check_ids(rows_.token_ids, config_.vocab_size, "piece");
  check_ids(rows_.token_type_ids, config_.type_vocab_size, "segment");
  embedded_ = rows_buffer(embedding_output_, size);
  const EmbeddingLayerNormForward<T> in = {
      .hidden_size = size,
      .epsilon = static_cast<float>(config_.layer_norm_eps),
      .dropout = rule(0, DropoutSite::kEmbeddings, hidden_dropout_),
      .places = rows_.places.data(),
      .token_ids = rows_.token_ids.template const_data_ptr<std::int64_t>(),
      .token_type_ids = rows_.token_type_ids.template const_data_ptr<std::int64_t>(),
      .words = data<T>(embeddings.word_embeddings->weight),
      .positions = data<T>(embeddings.position_embeddings->weight),
      .segments = data<T>(embeddings.token_type_embeddings->weight),
      .gamma = data<float>(embeddings.layer_norm->weight),
      .beta = data<float>(embeddings.layer_norm->bias),
      .sum = data<T>(rows_buffer(embedding_norm_.sum, size)),
      .y = data<T>(embedded_),
      .mean = embedding_norm_.mean.floats(num_rows),
      .inverse_deviation = embedding_norm_.inverse_deviation.floats(num_rows),
      .kept = embedding_norm_.kept.bits(num_rows * bit_words(size))};
  for_each_part(num_rows, kRowsPerSum,
                [&](std::int64_t begin, std::int64_t end) { kernels_.embedding_layer_norm_forward(in, begin, end); });
}

template <class T>
at::Tensor TypedFusedEncoder<T>::forward_layer(const LayerWeights& weights, std::int64_t layer, const at::Tensor& x) {
  LayerBuffers& buffers = buffers_of(layer);
  const std::int64_t size = config_.hidden_size;
  const auto qkv = rows_buffer(buffers.qkv, 3 * size);
  const auto qkv_bias = buffers.qkv_bias.get({3, size}, kTypeOf<T>);
  const at::Tensor* const biases[] = {&weights.query_bias, &weights.key_bias, &weights.value_bias};
  for (std::int64_t i = 0; i < 3; ++i) qkv_bias[i].copy_(*biases[i]);
  std::int64_t column = 0;
  for (const at::Tensor& weight : joined_rows({weights.query, weights.key, weights.value})) {
    project(qkv.narrow(1, column, weight.size(0)), x, weight);
    column += weight.size(0);
  }
  attend(buffers, layer);

  // From here on a row has nothing to do with the others.
  at::Tensor attended = rows_buffer(buffers.context, size), residual = x;
  const RowPlace* places = rows_.places.data();
  if (ends_with_output_rows(layer)) {
    attended = select_rows(output_rows_.context, attended), residual = select_rows(output_rows_.residual, x);
    places = output_rows_.places.data();
  }

  // A product's output becomes the sum before LayerNorm in place.
  auto product = rows_buffer(buffers.attention_norm.sum, size, attended);
  project(product, attended, weights.attention_dense);
  const auto middle = normalize(buffers.attention_norm, buffers.middle, places, product, residual,
                                weights.attention_bias, weights.attention_gamma, weights.attention_beta,
                                rule(layer, DropoutSite::kAttentionOutput, hidden_dropout_));

  const auto expanded = rows_buffer(buffers.expanded, config_.intermediate_size, middle);
  const auto activated = rows_buffer(buffers.activated, config_.intermediate_size, middle);
  project(expanded, middle, weights.intermediate);
  const BiasActivationForward<T> activation = {.activation = activation_,
                                               .size = config_.intermediate_size,
                                               .x = data<T>(expanded),
                                               .bias = data<T>(weights.intermediate_bias),
                                               .y = data<T>(activated)};
  {
    const Timed timed(times_.activation);
    for_each_part(expanded.size(0), 16, [&](std::int64_t begin, std::int64_t end) {
      kernels_.bias_activation_forward(activation, begin, end);
    });
  }

  product = rows_buffer(buffers.output_norm.sum, size, middle);
  project(product, activated, weights.output_dense);
  return normalize(buffers.output_norm, output_buffer_of(layer), places, product, middle, weights.output_bias,
                   weights.output_gamma, weights.output_beta,
                   rule(layer, DropoutSite::kFeedForwardOutput, hidden_dropout_));
}

// context from qkv, a sequence and a head at a time.
template <class T>
void TypedFusedEncoder<T>::attend(LayerBuffers& buffers, std::int64_t layer) {
  const Timed timed(times_.attention);
  const std::int64_t size = config_.hidden_size, num_heads = config_.num_attention_heads;
  const DropoutRule dropout = rule(layer, DropoutSite::kAttentionProbs, attention_dropout_);
  float* const log_sum_exp = buffers.log_sum_exp.floats(num_heads * rows_.num_rows());
  std::uint64_t* const kept = buffers.attention_kept.bits(num_heads * rows_.words.back());
  const T* const qkv = data<T>(rows_buffer(buffers.qkv, 3 * size));
  const T* const bias = data<T>(buffers.qkv_bias.get({3, size}, kTypeOf<T>));
  T* const output = data<T>(rows_buffer(buffers.context, size));
  for_each_head([&](const HeadWork& work) {
    kernels_.attention_forward({.length = work.length,
                                .hidden_size = size,
                                .head_size = config_.head_size(),
                                .head = work.head,
                                .dropout = dropout,
                                .example = rows_.places[static_cast<std::size_t>(work.first_row)].example,
                                .qkv = qkv + work.first_row * 3 * size,
                                .bias = bias,
                                .context = output + work.first_row * size,
                                .log_sum_exp = log_sum_exp + work.first_log_sum_exp,
                                .kept = kept + work.first_word,
                                .scratch = work.scratch});
  });
}

template <class T>
at::Tensor TypedFusedEncoder<T>::normalize(NormBuffers& buffers, Buffer& output, const RowPlace* places,
                                           const at::Tensor& x, const at::Tensor& residual, const at::Tensor& bias,
                                           const at::Tensor& gamma, const at::Tensor& beta, const DropoutRule& rule) {
  const Timed timed(times_.normalization);
  const std::int64_t size = config_.hidden_size, num_rows = x.size(0);
  const auto y = rows_buffer(output, size, x);
  const ResidualLayerNormForward<T> in = {.hidden_size = size,
                                          .epsilon = static_cast<float>(config_.layer_norm_eps),
                                          .dropout = rule,
                                          .places = places,
                                          .x = data<T>(x),
                                          .bias = data<T>(bias),
                                          .residual = data<T>(residual),
                                          .gamma = data<float>(gamma),
                                          .beta = data<float>(beta),
                                          .sum = data<T>(x),
                                          .y = data<T>(y),
                                          .mean = buffers.mean.floats(num_rows),
                                          .inverse_deviation = buffers.inverse_deviation.floats(num_rows),
                                          .kept = buffers.kept.bits(num_rows * bit_words(size))};
  for_each_part(num_rows, kRowsPerSum,
                [&](std::int64_t begin, std::int64_t end) { kernels_.residual_layer_norm_forward(in, begin, end); });
  return y;
}

template <class T>
void TypedFusedEncoder<T>::project(const at::Tensor& y, const at::Tensor& x, const at::Tensor& weight) {
  const Timed timed(times_.products);
  products_.multiply(y, x, weight.t());
}

template <class T>
std::int64_t TypedFusedEncoder<T>::buffer_bytes() const {
  std::int64_t total =
      bytes_of(output_rows_, embedding_norm_, embedding_output_, scratch_, partial_sums_, gradient_, dense_gradient_,
               context_gradient_, expanded_gradient_, qkv_gradient_, embedding_gradient_);
  for (const LayerBuffers& buffers : layers_) total += buffers.num_bytes();
  for (const Buffer& output : layer_outputs_) total += output.num_bytes();
  return total;
}

std::shared_ptr<FusedEncoder> make_fused_encoder(const BertConfig& config, const KernelTable& kernels,
                                                 at::ScalarType dtype, const ParameterStore* store) {
  if (dtype == at::kFloat) return std::make_shared<TypedFusedEncoder<float>>(config, kernels, store);
  BERTFORGE_CHECK(dtype == at::kBFloat16, "fused kernels compute in float32 and bfloat16");
  return std::make_shared<TypedFusedEncoder<Bfloat16>>(config, kernels, store);
}

}  // namespace bertforge
