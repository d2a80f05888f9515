#include "bertforge/model/attention.h"

#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include <cmath>
#include <limits>
#include <optional>

#include "bertforge/model/ops.h"

namespace bertforge {
namespace {

// [B, T, H] -> [B, A, T, d]
torch::Tensor split_heads(const torch::Tensor& x, std::int64_t num_heads) {
  return x.view({x.size(0), x.size(1), num_heads, -1}).transpose(1, 2);
}

// [B, A, T, d] -> [B, T, H]
torch::Tensor join_heads(const torch::Tensor& x) { return x.transpose(1, 2).flatten(2); }

double lowest_of(torch::ScalarType dtype) {
  if (dtype == torch::kHalf) return std::numeric_limits<c10::Half>::lowest();
  if (dtype == torch::kBFloat16) return std::numeric_limits<c10::BFloat16>::lowest();
  return std::numeric_limits<float>::lowest();  // Of float64 as well: it is low enough.
}

}  // namespace

SelfAttentionImpl::SelfAttentionImpl(const BertConfig& config, std::int64_t layer)
    : layer(layer),
      num_heads(config.num_attention_heads),
      dropout_prob(config.attention_probs_dropout_prob),
      query(register_module("query", torch::nn::Linear(config.hidden_size, config.hidden_size))),
      key(register_module("key", torch::nn::Linear(config.hidden_size, config.hidden_size))),
      value(register_module("value", torch::nn::Linear(config.hidden_size, config.hidden_size))) {}

AttentionOutput SelfAttentionImpl::forward(const torch::Tensor& hidden, const torch::Tensor& bias,
                                           const ForwardContext& context) {
  const auto queries = split_heads(query(hidden), num_heads);
  const auto keys = split_heads(key(hidden), num_heads);
  const auto values = split_heads(value(hidden), num_heads);
  const bool drops = context.dropout && quantized_dropout_probability(dropout_prob) > 0;
  if (has_sdpa(hidden.device()) && !drops && !context.output_attentions) {
    return {.context = join_heads(attend_by_sdpa(queries, keys, values, bias)), .probs = {}};
  }
  const double scale = 1.0 / std::sqrt(static_cast<double>(queries.size(-1)));

  auto scores = torch::matmul(queries * scale, keys.transpose(-1, -2));  // [B, A, T, T]
  if (bias.defined()) scores = scores + bias;
  const auto probs = torch::softmax(scores, -1);
  const auto kept = drops ? dropout(probs, dropout_prob, context.dropout->at(layer, DropoutSite::kAttentionProbs),
                                    context.dropout->first_example)
                          : probs;
  return {.context = join_heads(torch::matmul(kept, values)), .probs = probs};
}

bool has_sdpa(at::Device device) { return device.is_cuda(); }

torch::Tensor attend_by_sdpa(const torch::Tensor& queries, const torch::Tensor& keys, const torch::Tensor& values,
                             const torch::Tensor& bias) {
  const auto mask = bias.defined() ? std::optional(bias) : std::nullopt;
  return at::scaled_dot_product_attention(queries, keys, values, mask);
}

torch::Tensor attention_bias(const torch::Tensor& attention_mask, torch::ScalarType dtype) {
  if (!attention_mask.defined()) return {};
  return torch::zeros(attention_mask.sizes(), attention_mask.options().dtype(dtype))
      .masked_fill(attention_mask.logical_not(), lowest_of(dtype))
      .unsqueeze(1)
      .unsqueeze(2);
}

}  // namespace bertforge
