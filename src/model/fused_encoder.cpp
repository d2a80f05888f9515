#include "bertforge/model/fused_encoder.h"

#include <torch/torch.h>

#include <chrono>
#include <numeric>

#include "bertforge/base/error.h"
#include "bertforge/model/bert.h"
#include "bertforge/model/parameters.h"
#include "encoder_rows.h"
#include "fused_buffers.h"

namespace bertforge {
namespace {

template <class T>
constexpr at::ScalarType kTypeOf = std::is_same_v<T, float> ? at::kFloat : at::kBFloat16;

template <class T>
T* data(const at::Tensor& tensor) {
  BERTFORGE_CHECK(tensor.scalar_type() == kTypeOf<T> && tensor.is_contiguous(),
                  "kernels see dense tensors of one type");
  return static_cast<T*>(tensor.data_ptr());
}

// ATen's lookups check this too.
void check_ids(const at::Tensor& ids, std::int64_t num_rows, const char* what) {
  const std::int64_t* const begin = ids.const_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < ids.numel(); ++i) {
    BERTFORGE_CHECK(begin[i] >= 0 && begin[i] < num_rows, what, " ", begin[i], " of ", num_rows);
  }
}

// The weights of one layer, under the roles they have here.
struct LayerWeights {
  at::Tensor query, key, value, query_bias, key_bias, value_bias;
  at::Tensor attention_dense, attention_bias, attention_gamma, attention_beta;
  at::Tensor intermediate, intermediate_bias, output_dense, output_bias, output_gamma, output_beta;

  explicit LayerWeights(EncoderLayerImpl& layer) {
    auto& self = *layer.attention->self;
    auto& attended = *layer.attention->output;
    query = self.query->weight, query_bias = self.query->bias;
    key = self.key->weight, key_bias = self.key->bias;
    value = self.value->weight, value_bias = self.value->bias;
    attention_dense = attended.dense->weight, attention_bias = attended.dense->bias;
    attention_gamma = attended.layer_norm->weight, attention_beta = attended.layer_norm->bias;
    intermediate = layer.intermediate->dense->weight, intermediate_bias = layer.intermediate->dense->bias;
    output_dense = layer.output->dense->weight, output_bias = layer.output->dense->bias;
    output_gamma = layer.output->layer_norm->weight, output_beta = layer.output->layer_norm->bias;
  }
};

// Adds the seconds until it goes to `total`.
class Timed {
 public:
  explicit Timed(double& total) : total_(total) {}
  ~Timed() { total_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

 private:
  double& total_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

template <class T>
class TypedFusedEncoder : public FusedEncoder, public std::enable_shared_from_this<TypedFusedEncoder<T>> {
 public:
  TypedFusedEncoder(const BertConfig& config, const KernelTable& table, const ParameterStore* store)
      : config_(config),
        table_(table),
        kernels_(table.of<T>()),
        activation_(find_activation_kind(config.hidden_act)),
        store_(store),
        layers_(static_cast<std::size_t>(config.num_hidden_layers)) {}

  EncoderOutput forward(BertModelImpl& model, const BertInput& input, const ForwardContext& context) override;
  void backward(BertModelImpl& model, std::int64_t pass, const at::Tensor& hidden_gradient);
  const EncoderTimes& times() const override { return times_; }

 private:
  const at::Tensor& x_of(std::size_t layer) const { return layer == 0 ? embedded_ : outputs_[layer - 1]; }
  DropoutRule rule(const ForwardContext& context, std::int64_t layer, DropoutSite site, double probability) const;

  void embed(BertModelImpl& model, const ForwardContext& context);
  at::Tensor forward_layer(const LayerWeights& weights, LayerBuffers& buffers, std::int64_t layer, const at::Tensor& x,
                           const ForwardContext& context);
  void attend(LayerBuffers& buffers, std::int64_t layer, const ForwardContext& context);
  at::Tensor normalize(NormBuffers& buffers, Buffer& output, const at::Tensor& x, const at::Tensor& residual,
                       const at::Tensor& bias, const at::Tensor& gamma, const at::Tensor& beta,
                       const DropoutRule& rule);

  void backward_layer(const LayerWeights& weights, LayerBuffers& buffers, const at::Tensor& x, at::Tensor gradient);
  void normalize_backward(NormBuffers& buffers, at::Tensor gradient, at::Tensor dense_gradient, const at::Tensor& bias,
                          const at::Tensor& gamma, const at::Tensor& beta);
  void activate_backward(const LayerWeights& weights, LayerBuffers& buffers, at::Tensor gradient);
  void attend_backward(LayerBuffers& buffers, const at::Tensor& context_gradient, at::Tensor qkv_gradient);
  void project_qkv_backward(const LayerWeights& weights, const at::Tensor& qkv_gradient, const at::Tensor& x,
                            at::Tensor x_gradient);
  void embed_backward(BertModelImpl& model, const at::Tensor& gradient);

  // y [N, out] = x [N, in] W^T
  void project(at::Tensor y, const at::Tensor& x, const at::Tensor& weight);
  // x_gradient [N, in] (+)= y_gradient [N, out] W
  void project_back(at::Tensor x_gradient, const at::Tensor& y_gradient, const at::Tensor& weight, bool accumulate);
  // W's gradient += y_gradient^T x
  void add_weight_gradient(const at::Tensor& weight, const at::Tensor& y_gradient, const at::Tensor& x);
  void add_rows_by_key(const std::vector<std::int64_t>& keys, std::int64_t ignored, const float* rows, float* table);
  float* slot(const at::Tensor& parameter) const { return store_->gradient_of(parameter).mutable_data_ptr<float>(); }

  at::Tensor rows_buffer(Buffer& buffer, std::int64_t columns) {
    return buffer.get({rows_.num_rows(), columns}, kTypeOf<T>);
  }

  const BertConfig config_;
  const KernelTable& table_;
  const TypedKernels<T>& kernels_;
  const ActivationKind activation_;
  const ParameterStore* const store_;
  EncoderTimes times_;

  // Of the pass that goes on.
  std::int64_t pass_ = 0;
  EncoderRows rows_;
  double hidden_dropout_ = 0, attention_dropout_ = 0;  // As the forward pass had them; 0 where nothing is dropped.
  at::Tensor embedded_;
  std::vector<at::Tensor> outputs_;

  std::vector<LayerBuffers> layers_;
  NormBuffers embedding_norm_;
  Buffer embedding_output_, scratch_, partial_sums_, weight_gradient_;
  Buffer gradient_, dense_gradient_, context_gradient_, expanded_gradient_, qkv_gradient_, embedding_gradient_;
};

// The node of the graph that stands for the encoder. Gradients of its weights go to the store and not through the graph.
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

template <class T>
EncoderOutput TypedFusedEncoder<T>::forward(BertModelImpl& model, const BertInput& input,
                                            const ForwardContext& context) {
  const bool records = torch::GradMode::is_enabled();
  BERTFORGE_CHECK(!records || store_ != nullptr, "fused backward passes need a store for their gradients");
  EncoderOutput result;
  {
    const torch::NoGradGuard no_grad;
    ++pass_;
    rows_ = encoder_rows(input, context.dropout ? context.dropout->first_example : 0);
    hidden_dropout_ = context.dropout ? config_.hidden_dropout_prob : 0;
    attention_dropout_ = context.dropout ? config_.attention_probs_dropout_prob : 0;
    embed(model, context);
    if (context.output_hidden_states) result.hidden_states.push_back(rows_.scatter(embedded_));
    outputs_.clear();
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      const LayerWeights weights(*model.encoder->layer[i]->template as<EncoderLayerImpl>());
      // Without a backward pass two layers' buffers take turns.
      LayerBuffers& buffers = layers_[records ? i : i % 2];
      outputs_.push_back(forward_layer(weights, buffers, static_cast<std::int64_t>(i), x_of(i), context));
      if (context.output_hidden_states) result.hidden_states.push_back(rows_.scatter(outputs_[i]));
    }
    result.last_hidden_state =
        context.output_hidden_states ? result.hidden_states.back() : rows_.scatter(x_of(layers_.size()));
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
DropoutRule TypedFusedEncoder<T>::rule(const ForwardContext& context, std::int64_t layer, DropoutSite site,
                                       double probability) const {
  if (!context.dropout) return {};
  return {context.dropout->at(layer, site), probability};
}

template <class T>
void TypedFusedEncoder<T>::embed(BertModelImpl& model, const ForwardContext& context) {
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
      .dropout = rule(context, 0, DropoutSite::kEmbeddings, hidden_dropout_),
      .places = rows_.places.data(),
      .token_ids = rows_.token_ids.template const_data_ptr<std::int64_t>(),
      .token_type_ids = rows_.token_type_ids.template const_data_ptr<std::int64_t>(),
      .words = data<T>(embeddings.word_embeddings->weight),
      .positions = data<T>(embeddings.position_embeddings->weight),
      .segments = data<T>(embeddings.token_type_embeddings->weight),
      .gamma = data<T>(embeddings.layer_norm->weight),
      .beta = data<T>(embeddings.layer_norm->bias),
      .sum = data<T>(rows_buffer(embedding_norm_.sum, size)),
      .y = data<T>(embedded_),
      .mean = embedding_norm_.mean.floats(num_rows),
      .inverse_deviation = embedding_norm_.inverse_deviation.floats(num_rows),
      .kept = embedding_norm_.kept.bits(num_rows * bit_words(size))};
  at::parallel_for(0, num_rows, kRowsPerSum, [&](std::int64_t begin, std::int64_t end) {
    kernels_.embedding_layer_norm_forward(in, begin, end);
  });
}

template <class T>
at::Tensor TypedFusedEncoder<T>::forward_layer(const LayerWeights& weights, LayerBuffers& buffers, std::int64_t layer,
                                               const at::Tensor& x, const ForwardContext& context) {
  const std::int64_t size = config_.hidden_size;
  const auto qkv = rows_buffer(buffers.qkv, 3 * size);
  const auto qkv_bias = buffers.qkv_bias.get({3, size}, kTypeOf<T>);
  const at::Tensor* const projections[] = {&weights.query, &weights.key, &weights.value};
  const at::Tensor* const biases[] = {&weights.query_bias, &weights.key_bias, &weights.value_bias};
  for (std::int64_t i = 0; i < 3; ++i) {
    qkv_bias[i].copy_(*biases[i]);
    project(qkv.narrow(1, i * size, size), x, *projections[i]);
  }
  attend(buffers, layer, context);

  // A product's output becomes the sum before LayerNorm in place.
  auto product = rows_buffer(buffers.attention_norm.sum, size);
  project(product, rows_buffer(buffers.context, size), weights.attention_dense);
  const auto middle =
      normalize(buffers.attention_norm, buffers.middle, product, x, weights.attention_bias, weights.attention_gamma,
                weights.attention_beta, rule(context, layer, DropoutSite::kAttentionOutput, hidden_dropout_));

  const auto expanded = rows_buffer(buffers.expanded, config_.intermediate_size);
  const auto activated = rows_buffer(buffers.activated, config_.intermediate_size);
  project(expanded, middle, weights.intermediate);
  const BiasActivationForward<T> activation = {.activation = activation_,
                                               .size = config_.intermediate_size,
                                               .x = data<T>(expanded),
                                               .bias = data<T>(weights.intermediate_bias),
                                               .y = data<T>(activated)};
  {
    const Timed timed(times_.activation);
    at::parallel_for(0, rows_.num_rows(), 16, [&](std::int64_t begin, std::int64_t end) {
      kernels_.bias_activation_forward(activation, begin, end);
    });
  }

  product = rows_buffer(buffers.output_norm.sum, size);
  project(product, activated, weights.output_dense);
  return normalize(buffers.output_norm, buffers.output, product, middle, weights.output_bias, weights.output_gamma,
                   weights.output_beta, rule(context, layer, DropoutSite::kFeedForwardOutput, hidden_dropout_));
}

// context from qkv, a sequence and a head at a time.
template <class T>
void TypedFusedEncoder<T>::attend(LayerBuffers& buffers, std::int64_t layer, const ForwardContext& context) {
  const Timed timed(times_.attention);
  const std::int64_t size = config_.hidden_size, num_heads = config_.num_attention_heads, num_rows = rows_.num_rows();
  const std::int64_t scratch_size = attention_scratch_size(rows_.longest(), config_.head_size());
  const DropoutRule dropout = rule(context, layer, DropoutSite::kAttentionProbs, attention_dropout_);
  float* const scratch = scratch_.floats(scratch_size * at::get_num_threads());
  float* const log_sum_exp = buffers.log_sum_exp.floats(num_heads * num_rows);
  std::uint64_t* const kept = buffers.attention_kept.bits(num_heads * rows_.words.back());
  const T* const qkv = data<T>(rows_buffer(buffers.qkv, 3 * size));
  const T* const bias = data<T>(buffers.qkv_bias.get({3, size}, kTypeOf<T>));
  T* const output = data<T>(rows_buffer(buffers.context, size));
  at::parallel_for(0, rows_.num_sequences * num_heads, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t item = begin; item < end; ++item) {
      const auto sequence = static_cast<std::size_t>(item / num_heads);
      const std::int64_t head = item % num_heads, first = rows_.offsets[sequence];
      const std::int64_t length = rows_.offsets[sequence + 1] - first;
      if (length == 0) continue;
      kernels_.attention_forward({.length = length,
                                  .hidden_size = size,
                                  .head_size = config_.head_size(),
                                  .head = head,
                                  .dropout = dropout,
                                  .example = rows_.places[static_cast<std::size_t>(first)].example,
                                  .qkv = qkv + first * 3 * size,
                                  .bias = bias,
                                  .context = output + first * size,
                                  .log_sum_exp = log_sum_exp + head * num_rows + first,
                                  .kept = kept + head * rows_.words.back() + rows_.words[sequence],
                                  .scratch = scratch + scratch_size * at::get_thread_num()});
    }
  });
}

template <class T>
at::Tensor TypedFusedEncoder<T>::normalize(NormBuffers& buffers, Buffer& output, const at::Tensor& x,
                                           const at::Tensor& residual, const at::Tensor& bias, const at::Tensor& gamma,
                                           const at::Tensor& beta, const DropoutRule& rule) {
  const Timed timed(times_.normalization);
  const std::int64_t size = config_.hidden_size, num_rows = rows_.num_rows();
  const auto y = rows_buffer(output, size);
  const ResidualLayerNormForward<T> in = {.hidden_size = size,
                                          .epsilon = static_cast<float>(config_.layer_norm_eps),
                                          .dropout = rule,
                                          .places = rows_.places.data(),
                                          .x = data<T>(x),
                                          .bias = data<T>(bias),
                                          .residual = data<T>(residual),
                                          .gamma = data<T>(gamma),
                                          .beta = data<T>(beta),
                                          .sum = data<T>(x),
                                          .y = data<T>(y),
                                          .mean = buffers.mean.floats(num_rows),
                                          .inverse_deviation = buffers.inverse_deviation.floats(num_rows),
                                          .kept = buffers.kept.bits(num_rows * bit_words(size))};
  at::parallel_for(0, num_rows, kRowsPerSum,
                   [&](std::int64_t begin, std::int64_t end) { kernels_.residual_layer_norm_forward(in, begin, end); });
  return y;
}

template <class T>
void TypedFusedEncoder<T>::backward(BertModelImpl& model, std::int64_t pass, const at::Tensor& hidden_gradient) {
  BERTFORGE_CHECK(pass == pass_,
                  "the buffers of this forward pass have been used, by a later one or its own backward pass");
  ++pass_;
  const auto gradient = rows_buffer(gradient_, config_.hidden_size);
  gradient.copy_(rows_.gather(hidden_gradient));
  for (std::size_t i = layers_.size(); i-- > 0;) {
    const LayerWeights weights(*model.encoder->layer[i]->template as<EncoderLayerImpl>());
    backward_layer(weights, layers_[i], x_of(i), gradient);
  }
  embed_backward(model, gradient);
}

// `gradient` is that of the layer's output and becomes that of its input, x.
template <class T>
void TypedFusedEncoder<T>::backward_layer(const LayerWeights& weights, LayerBuffers& buffers, const at::Tensor& x,
                                          at::Tensor gradient) {
  const std::int64_t size = config_.hidden_size;
  const auto dense_gradient = rows_buffer(dense_gradient_, size);
  const auto expanded_gradient = rows_buffer(expanded_gradient_, config_.intermediate_size);
  const auto middle = rows_buffer(buffers.middle, size);

  normalize_backward(buffers.output_norm, gradient, dense_gradient, weights.output_bias, weights.output_gamma,
                     weights.output_beta);
  add_weight_gradient(weights.output_dense, dense_gradient, rows_buffer(buffers.activated, config_.intermediate_size));
  project_back(expanded_gradient, dense_gradient, weights.output_dense, false);
  activate_backward(weights, buffers, expanded_gradient);
  add_weight_gradient(weights.intermediate, expanded_gradient, middle);
  project_back(gradient, expanded_gradient, weights.intermediate, true);

  const auto context_gradient = rows_buffer(context_gradient_, size),
             qkv_gradient = rows_buffer(qkv_gradient_, 3 * size);
  normalize_backward(buffers.attention_norm, gradient, dense_gradient, weights.attention_bias, weights.attention_gamma,
                     weights.attention_beta);
  add_weight_gradient(weights.attention_dense, dense_gradient, rows_buffer(buffers.context, size));
  project_back(context_gradient, dense_gradient, weights.attention_dense, false);
  attend_backward(buffers, context_gradient, qkv_gradient);
  project_qkv_backward(weights, qkv_gradient, x, gradient);
}

// `gradient` of a half's output becomes that of its residual input; `dense_gradient` that of the product.
template <class T>
void TypedFusedEncoder<T>::normalize_backward(NormBuffers& buffers, at::Tensor gradient, at::Tensor dense_gradient,
                                              const at::Tensor& bias, const at::Tensor& gamma, const at::Tensor& beta) {
  const Timed timed(times_.normalization);
  const std::int64_t size = config_.hidden_size, num_rows = rows_.num_rows();
  const DropoutRule dropout = {{}, hidden_dropout_};
  ResidualLayerNormBackward<T> in = {.hidden_size = size,
                                     .keep_scale = dropout.keep_scale(),
                                     .kept = dropout.drops() ? buffers.kept.bits(num_rows * bit_words(size)) : nullptr,
                                     .y_gradient = data<T>(gradient),
                                     .sum = data<T>(rows_buffer(buffers.sum, size)),
                                     .gamma = data<T>(gamma),
                                     .mean = buffers.mean.floats(num_rows),
                                     .inverse_deviation = buffers.inverse_deviation.floats(num_rows),
                                     .residual_gradient = data<T>(gradient),
                                     .x_gradient = data<T>(dense_gradient)};
  sum_over_rows(table_, partial_sums_, num_rows, size, {slot(gamma), slot(beta), slot(bias)},
                [&](std::int64_t begin, std::int64_t end, const std::vector<float*>& sums) {
                  ResidualLayerNormBackward<T> block = in;
                  block.gamma_gradient = sums[0];
                  block.beta_gradient = sums[1];
                  block.bias_gradient = sums[2];
                  kernels_.residual_layer_norm_backward(block, begin, end);
                });
}

template <class T>
void TypedFusedEncoder<T>::activate_backward(const LayerWeights& weights, LayerBuffers& buffers, at::Tensor gradient) {
  const Timed timed(times_.activation);
  const std::int64_t size = config_.intermediate_size;
  const BiasActivationBackward<T> in = {.activation = activation_,
                                        .size = size,
                                        .x = data<T>(rows_buffer(buffers.expanded, size)),
                                        .bias = data<T>(weights.intermediate_bias),
                                        .y_gradient = data<T>(gradient),
                                        .x_gradient = data<T>(gradient)};
  sum_over_rows(table_, partial_sums_, rows_.num_rows(), size, {slot(weights.intermediate_bias)},
                [&](std::int64_t begin, std::int64_t end, const std::vector<float*>& sums) {
                  BiasActivationBackward<T> block = in;
                  block.bias_gradient = sums[0];
                  kernels_.bias_activation_backward(block, begin, end);
                });
}

template <class T>
void TypedFusedEncoder<T>::attend_backward(LayerBuffers& buffers, const at::Tensor& context_gradient,
                                           at::Tensor qkv_gradient) {
  const Timed timed(times_.attention);
  const std::int64_t size = config_.hidden_size, num_heads = config_.num_attention_heads, num_rows = rows_.num_rows();
  const std::int64_t scratch_size = attention_scratch_size(rows_.longest(), config_.head_size());
  const DropoutRule dropout = {{}, attention_dropout_};
  float* const scratch = scratch_.floats(scratch_size * at::get_num_threads());
  const float* const log_sum_exp = buffers.log_sum_exp.floats(num_heads * num_rows);
  const std::uint64_t* const kept = buffers.attention_kept.bits(num_heads * rows_.words.back());
  const T* const qkv = data<T>(rows_buffer(buffers.qkv, 3 * size));
  const T* const bias = data<T>(buffers.qkv_bias.get({3, size}, kTypeOf<T>));
  const T* const output = data<T>(rows_buffer(buffers.context, size));
  at::parallel_for(0, rows_.num_sequences * num_heads, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t item = begin; item < end; ++item) {
      const auto sequence = static_cast<std::size_t>(item / num_heads);
      const std::int64_t head = item % num_heads, first = rows_.offsets[sequence];
      const std::int64_t length = rows_.offsets[sequence + 1] - first;
      if (length == 0) continue;
      kernels_.attention_backward(
          {.length = length,
           .hidden_size = size,
           .head_size = config_.head_size(),
           .head = head,
           .keep_scale = dropout.keep_scale(),
           .kept = dropout.drops() ? kept + head * rows_.words.back() + rows_.words[sequence] : nullptr,
           .qkv = qkv + first * 3 * size,
           .bias = bias,
           .log_sum_exp = log_sum_exp + head * num_rows + first,
           .context = output + first * size,
           .context_gradient = data<T>(context_gradient) + first * size,
           .qkv_gradient = data<T>(qkv_gradient) + first * 3 * size,
           .scratch = scratch + scratch_size * at::get_thread_num()});
    }
  });
}

template <class T>
void TypedFusedEncoder<T>::project_qkv_backward(const LayerWeights& weights, const at::Tensor& qkv_gradient,
                                                const at::Tensor& x, at::Tensor x_gradient) {
  const std::int64_t size = config_.hidden_size;
  const at::Tensor* const projections[] = {&weights.query, &weights.key, &weights.value};
  const at::Tensor* const biases[] = {&weights.query_bias, &weights.key_bias, &weights.value_bias};
  std::vector<float> sums(static_cast<std::size_t>(3 * size), 0);
  sum_over_rows(table_, partial_sums_, rows_.num_rows(), 3 * size, {sums.data()},
                [&](std::int64_t begin, std::int64_t end, const std::vector<float*>& block) {
                  kernels_.add_column_sums(data<T>(qkv_gradient) + begin * 3 * size, end - begin, 3 * size, block[0]);
                });
  for (std::int64_t i = 0; i < 3; ++i) {
    const auto part = qkv_gradient.narrow(1, i * size, size);
    table_.of_float.add_column_sums(sums.data() + i * size, 1, size, slot(*biases[i]));
    add_weight_gradient(*projections[i], part, x);
    project_back(x_gradient, part, *projections[i], true);
  }
}

template <class T>
void TypedFusedEncoder<T>::project(at::Tensor y, const at::Tensor& x, const at::Tensor& weight) {
  const Timed timed(times_.products);
  at::mm_out(y, x, weight.t());
}

template <class T>
void TypedFusedEncoder<T>::project_back(at::Tensor x_gradient, const at::Tensor& y_gradient, const at::Tensor& weight,
                                        bool accumulate) {
  const Timed timed(times_.products);
  if (accumulate) {
    at::addmm_out(x_gradient, x_gradient, y_gradient, weight);
  } else {
    at::mm_out(x_gradient, y_gradient, weight);
  }
}

template <class T>
void TypedFusedEncoder<T>::add_weight_gradient(const at::Tensor& weight, const at::Tensor& y_gradient,
                                               const at::Tensor& x) {
  const Timed timed(times_.products);
  at::Tensor total = store_->gradient_of(weight);
  if constexpr (std::is_same_v<T, float>) {
    at::addmm_out(total, total, y_gradient.t(), x);
  } else {
    at::Tensor product = weight_gradient_.get(weight.sizes(), kTypeOf<T>);
    at::mm_out(product, y_gradient.t(), x);
    total.add_(product);
  }
}

template <class T>
void TypedFusedEncoder<T>::embed_backward(BertModelImpl& model, const at::Tensor& gradient) {
  const Timed timed(times_.embeddings);
  auto& embeddings = *model.embeddings;
  const std::int64_t size = config_.hidden_size, num_rows = rows_.num_rows();
  const DropoutRule dropout = {{}, hidden_dropout_};
  float* const sum_gradient = embedding_gradient_.floats(num_rows * size);
  const EmbeddingLayerNormBackward<T> in = {
      .hidden_size = size,
      .keep_scale = dropout.keep_scale(),
      .kept = dropout.drops() ? embedding_norm_.kept.bits(num_rows * bit_words(size)) : nullptr,
      .y_gradient = data<T>(gradient),
      .sum = data<T>(rows_buffer(embedding_norm_.sum, size)),
      .gamma = data<T>(embeddings.layer_norm->weight),
      .mean = embedding_norm_.mean.floats(num_rows),
      .inverse_deviation = embedding_norm_.inverse_deviation.floats(num_rows),
      .sum_gradient = sum_gradient};
  sum_over_rows(table_, partial_sums_, num_rows, size,
                {slot(embeddings.layer_norm->weight), slot(embeddings.layer_norm->bias)},
                [&](std::int64_t begin, std::int64_t end, const std::vector<float*>& sums) {
                  EmbeddingLayerNormBackward<T> block = in;
                  block.gamma_gradient = sums[0];
                  block.beta_gradient = sums[1];
                  kernels_.embedding_layer_norm_backward(block, begin, end);
                });

  const auto keys = [&](const at::Tensor& tensor) {
    const std::int64_t* const begin = tensor.const_data_ptr<std::int64_t>();
    return std::vector<std::int64_t>(begin, begin + tensor.numel());
  };
  std::vector<std::int64_t> positions;
  for (const RowPlace& place : rows_.places) positions.push_back(place.position);
  add_rows_by_key(keys(rows_.token_ids), config_.pad_token_id, sum_gradient, slot(embeddings.word_embeddings->weight));
  add_rows_by_key(positions, -1, sum_gradient, slot(embeddings.position_embeddings->weight));
  add_rows_by_key(keys(rows_.token_type_ids), -1, sum_gradient, slot(embeddings.token_type_embeddings->weight));
}

// table[keys[row]] += rows[row], in the rows' order for each key.
template <class T>
void TypedFusedEncoder<T>::add_rows_by_key(const std::vector<std::int64_t>& keys, std::int64_t ignored,
                                           const float* rows, float* table) {
  std::vector<std::int64_t> order(keys.size());
  std::iota(order.begin(), order.end(), 0);
  const auto key_of = [&](std::int64_t row) { return keys[static_cast<std::size_t>(row)]; };
  std::ranges::stable_sort(order, {}, key_of);
  std::vector<std::size_t> groups;  // Where in `order` a key begins.
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || key_of(order[i]) != key_of(order[i - 1])) groups.push_back(i);
  }
  groups.push_back(order.size());
  const std::int64_t size = config_.hidden_size;
  at::parallel_for(0, std::ssize(groups) - 1, 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto group = static_cast<std::size_t>(begin); group < static_cast<std::size_t>(end); ++group) {
      const std::int64_t key = key_of(order[groups[group]]);
      if (key == ignored) continue;
      for (std::size_t i = groups[group]; i < groups[group + 1]; ++i) {
        table_.of_float.add_column_sums(rows + order[i] * size, 1, size, table + key * size);
      }
    }
  });
}

}  // namespace

std::shared_ptr<FusedEncoder> make_fused_encoder(const BertConfig& config, const KernelTable& kernels,
                                                 at::ScalarType dtype, const ParameterStore* store) {
  if (dtype == at::kFloat) return std::make_shared<TypedFusedEncoder<float>>(config, kernels, store);
  BERTFORGE_CHECK(dtype == at::kBFloat16, "fused kernels compute in float32 and bfloat16");
  return std::make_shared<TypedFusedEncoder<Bfloat16>>(config, kernels, store);
}

}  // namespace bertforge
