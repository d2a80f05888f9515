#include <algorithm>
#include <numeric>
#include <span>

#include "typed_fused_encoder.h"

namespace bertforge {

template <class T>
void TypedFusedEncoder<T>::backward(BertModelImpl& model, std::int64_t pass, const at::Tensor& hidden_gradient) {
  BERTFORGE_CHECK(pass == pass_,
                  "the buffers of this forward pass have been used, by a later one or its own backward pass");
  ++pass_;
  const auto gradient = rows_buffer(gradient_, config_.hidden_size);
  if (output_rows_.indices.defined()) {
    rows_buffer(output_rows_.gradient, config_.hidden_size, output_rows_.indices).copy_(hidden_gradient);
  } else {
    gradient.copy_(rows_.gather(hidden_gradient));
  }
  for (std::size_t i = layers_.size(); i-- > 0;) {
    const LayerWeights weights(*model.encoder->layer[i]->template as<EncoderLayerImpl>());
    const auto layer = static_cast<std::int64_t>(i);
    // The last layer's buffers are still there; the others' come out as they were, dropout included.
    if (kept_ == Kept::kOutputs && i + 1 < layers_.size()) forward_layer(weights, layer, x_of(i));
    backward_layer(weights, layer, x_of(i), gradient);
    for (const at::Tensor& weight : {weights.query, weights.key, weights.value, weights.attention_dense,
                                     weights.intermediate, weights.output_dense}) {
      store_->announce_gradient(weight);
    }
  }
  embed_backward(model, gradient);
}

// `gradient` is that of the layer's output and becomes that of its input, x; the last layer's may be in `output_rows_`.
template <class T>
void TypedFusedEncoder<T>::backward_layer(const LayerWeights& weights, std::int64_t layer, const at::Tensor& x,
                                          at::Tensor gradient) {
  LayerBuffers& buffers = buffers_of(layer);
  const std::int64_t size = config_.hidden_size;
  const auto context_gradient = rows_buffer(context_gradient_, size),
             qkv_gradient = rows_buffer(qkv_gradient_, 3 * size);
  if (ends_with_output_rows(layer)) {
    const auto selected = rows_buffer(output_rows_.gradient, size, output_rows_.indices);
    const auto selected_context = rows_buffer(output_rows_.context_gradient, size, selected);
    backward_rows(weights, buffers, rows_buffer(output_rows_.context, size, selected), selected, selected_context);
    spread_rows(gradient, selected);
    spread_rows(context_gradient, selected_context);
  } else {
    backward_rows(weights, buffers, rows_buffer(buffers.context, size), gradient, context_gradient);
  }
  attend_backward(buffers, context_gradient, qkv_gradient);
  project_qkv_backward(weights, qkv_gradient, x, gradient);
}

// What stands behind a layer's attention. `gradient` is that of its output and becomes that of the residual input;
// `context_gradient` becomes that of `context`, what attention gave.
template <class T>
void TypedFusedEncoder<T>::backward_rows(const LayerWeights& weights, LayerBuffers& buffers, const at::Tensor& context,
                                         at::Tensor gradient, const at::Tensor& context_gradient) {
  const std::int64_t size = config_.hidden_size;
  const auto dense_gradient = rows_buffer(dense_gradient_, size, gradient);
  const auto expanded_gradient = rows_buffer(expanded_gradient_, config_.intermediate_size, gradient);

  normalize_backward(buffers.output_norm, gradient, dense_gradient, weights.output_bias, weights.output_gamma,
                     weights.output_beta);
  add_weight_gradient(store_->gradient_of(weights.output_dense), dense_gradient,
                      rows_buffer(buffers.activated, config_.intermediate_size, gradient));
  project_back(expanded_gradient, dense_gradient, weights.output_dense, false);
  activate_backward(weights, buffers, expanded_gradient);
  add_weight_gradient(store_->gradient_of(weights.intermediate), expanded_gradient,
                      rows_buffer(buffers.middle, size, gradient));
  project_back(gradient, expanded_gradient, weights.intermediate, true);

  normalize_backward(buffers.attention_norm, gradient, dense_gradient, weights.attention_bias, weights.attention_gamma,
                     weights.attention_beta);
  add_weight_gradient(store_->gradient_of(weights.attention_dense), dense_gradient, context);
  project_back(context_gradient, dense_gradient, weights.attention_dense, false);
}

// `gradient` of a half's output becomes that of its residual input; `dense_gradient` that of the product.
template <class T>
void TypedFusedEncoder<T>::normalize_backward(NormBuffers& buffers, at::Tensor gradient, at::Tensor dense_gradient,
                                              const at::Tensor& bias, const at::Tensor& gamma, const at::Tensor& beta) {
  const Timed timed(times_.normalization);
  const std::int64_t size = config_.hidden_size, num_rows = gradient.size(0);
  const DropoutRule dropout = {{}, hidden_dropout_};
  ResidualLayerNormBackward<T> in = {.hidden_size = size,
                                     .keep_scale = dropout.keep_scale(),
                                     .kept = dropout.drops() ? buffers.kept.bits(num_rows * bit_words(size)) : nullptr,
                                     .y_gradient = data<T>(gradient),
                                     .sum = data<T>(rows_buffer(buffers.sum, size, gradient)),
                                     .gamma = data<float>(gamma),
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
                                        .x = data<T>(rows_buffer(buffers.expanded, size, gradient)),
                                        .bias = data<T>(weights.intermediate_bias),
                                        .y_gradient = data<T>(gradient),
                                        .x_gradient = data<T>(gradient)};
  sum_over_rows(table_, partial_sums_, gradient.size(0), size, {slot(weights.intermediate_bias)},
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
  const std::int64_t size = config_.hidden_size, num_heads = config_.num_attention_heads;
  const DropoutRule dropout = {{}, attention_dropout_};
  const float* const log_sum_exp = buffers.log_sum_exp.floats(num_heads * rows_.num_rows());
  const std::uint64_t* const kept = buffers.attention_kept.bits(num_heads * rows_.words.back());
  const T* const qkv = data<T>(rows_buffer(buffers.qkv, 3 * size));
  const T* const bias = data<T>(buffers.qkv_bias.get({3, size}, kTypeOf<T>));
  for_each_head([&](const HeadWork& work) {
    kernels_.attention_backward({.length = work.length,
                                 .hidden_size = size,
                                 .head_size = config_.head_size(),
                                 .head = work.head,
                                 .keep_scale = dropout.keep_scale(),
                                 .kept = dropout.drops() ? kept + work.first_word : nullptr,
                                 .qkv = qkv + work.first_row * 3 * size,
                                 .bias = bias,
                                 .log_sum_exp = log_sum_exp + work.first_log_sum_exp,
                                 .context_gradient = data<T>(context_gradient) + work.first_row * size,
                                 .qkv_gradient = data<T>(qkv_gradient) + work.first_row * 3 * size,
                                 .scratch = work.scratch});
  });
}

template <class T>
void TypedFusedEncoder<T>::project_qkv_backward(const LayerWeights& weights, const at::Tensor& qkv_gradient,
                                                const at::Tensor& x, at::Tensor x_gradient) {
  const std::int64_t size = config_.hidden_size;
  const at::Tensor* const biases[] = {&weights.query_bias, &weights.key_bias, &weights.value_bias};
  std::vector<float> sums(static_cast<std::size_t>(3 * size), 0);
  sum_over_rows(table_, partial_sums_, rows_.num_rows(), 3 * size, {sums.data()},
                [&](std::int64_t begin, std::int64_t end, const std::vector<float*>& block) {
                  kernels_.add_column_sums(data<T>(qkv_gradient) + begin * 3 * size, end - begin, 3 * size, block[0]);
                });
  for (std::int64_t i = 0; i < 3; ++i) {
    table_.of_float.add_column_sums(sums.data() + i * size, 1, size, slot(*biases[i]));
  }
  const auto projections = joined_rows({weights.query, weights.key, weights.value});
  const auto gradients = joined_rows(
      {store_->gradient_of(weights.query), store_->gradient_of(weights.key), store_->gradient_of(weights.value)});
  BERTFORGE_CHECK(projections.size() == gradients.size(), "weights and gradients of a store have one layout");
  std::int64_t column = 0;
  for (std::size_t i = 0; i < projections.size(); ++i) {
    const auto part = qkv_gradient.narrow(1, column, projections[i].size(0));
    add_weight_gradient(gradients[i], part, x);
    project_back(x_gradient, part, projections[i], true);
    column += projections[i].size(0);
  }
}

template <class T>
void TypedFusedEncoder<T>::project_back(const at::Tensor& x_gradient, const at::Tensor& y_gradient,
                                        const at::Tensor& weight, bool accumulate) {
  const Timed timed(times_.products);
  products_.multiply(x_gradient, y_gradient, weight, accumulate);
}

template <class T>
void TypedFusedEncoder<T>::add_weight_gradient(const at::Tensor& weight_gradient, const at::Tensor& y_gradient,
                                               const at::Tensor& x) {
  const Timed timed(times_.products);
  products_.multiply(weight_gradient, y_gradient.t(), x, true);
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
      .gamma = data<float>(embeddings.layer_norm->weight),
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
    return std::span(tensor.const_data_ptr<std::int64_t>(), static_cast<std::size_t>(tensor.numel()));
  };
  std::vector<std::int64_t> positions;
  for (const RowPlace& place : rows_.places) positions.push_back(place.position);
  add_rows_by_key(keys(rows_.token_ids), config_.pad_token_id, sum_gradient, embeddings.word_embeddings->weight);
  add_rows_by_key(positions, -1, sum_gradient, embeddings.position_embeddings->weight);
  add_rows_by_key(keys(rows_.token_type_ids), -1, sum_gradient, embeddings.token_type_embeddings->weight);
}

// Row `key` of a weight's gradient += rows[row] for each row of that key, in the rows' order.
template <class T>
void TypedFusedEncoder<T>::add_rows_by_key(std::span<const std::int64_t> keys, std::int64_t ignored, const float* rows,
                                           const at::Tensor& weight) {
  // Rows in the order of their keys, by counting: those of key k begin at begins[k].
  std::vector<std::size_t> begins(static_cast<std::size_t>(weight.size(0)) + 1, 0);
  for (const std::int64_t key : keys) ++begins[static_cast<std::size_t>(key) + 1];
  std::partial_sum(begins.begin(), begins.end(), begins.begin());
  std::vector<std::int64_t> order(keys.size());
  std::vector<std::size_t> next = begins;
  for (std::size_t row = 0; row < keys.size(); ++row) {
    order[next[static_cast<std::size_t>(keys[row])]++] = static_cast<std::int64_t>(row);
  }

  // A segment has half of all rows: its columns are dealt out to threads.
  constexpr std::int64_t kColumnsAtATime = 64;
  constexpr std::size_t kManyRows = 64;
  const std::int64_t size = config_.hidden_size;
  struct Part {
    std::size_t key;
    std::int64_t first_column, num_columns;
  };
  std::vector<Part> parts;
  for (std::size_t key = 0; key + 1 < begins.size(); ++key) {
    const std::size_t num_rows = begins[key + 1] - begins[key];
    if (num_rows == 0 || static_cast<std::int64_t>(key) == ignored) continue;
    const std::int64_t step = num_rows < kManyRows ? size : kColumnsAtATime;
    for (std::int64_t column = 0; column < size; column += step) {
      parts.push_back({key, column, std::min(step, size - column)});
    }
  }
  float* const table = slot(weight);
  for_each_part(std::ssize(parts), 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
      const auto& [key, column, num_columns] = parts[i];
      float* const sums = table + static_cast<std::int64_t>(key) * size + column;
      for (std::size_t j = begins[key]; j < begins[key + 1]; ++j) {
        table_.of_float.add_column_sums(rows + order[j] * size + column, 1, num_columns, sums);
      }
    }
  });
}

// What fused_encoder.cpp calls.
template void TypedFusedEncoder<float>::backward(BertModelImpl&, std::int64_t, const at::Tensor&);
template void TypedFusedEncoder<Bfloat16>::backward(BertModelImpl&, std::int64_t, const at::Tensor&);

}  // namespace bertforge
