#pragma once
// Self-attention of one layer: softmax(Q K^T / sqrt(d)) V over A heads, plain ATen operations.
//
// LibTorch's scaled_dot_product_attention does the same without keeping probabilities. Its dropout draws from a generator with
// hidden state, and it hands no probabilities out; so it serves passes on CUDA that want neither.
// Source: Vaswani et al. 2017, section 3.2; transformers BertSelfAttention (eager), whose names the parameters have.
//   B  sequences   T  positions   H  hidden size   A  heads   d  head size, H / A

#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>

#include "bertforge/model/config.h"
#include "bertforge/model/forward_context.h"

namespace bertforge {

struct AttentionOutput {
  torch::Tensor context;  // [B, T, H], the heads side by side
  torch::Tensor probs;    // [B, A, T, T] before dropout; undefined from scaled_dot_product_attention
};

struct SelfAttentionImpl : torch::nn::Module {
  SelfAttentionImpl(const BertConfig& config, std::int64_t layer);

  // `bias` [B, 1, 1, T] is added to the scores (attention_bias()); undefined where nothing is padded.
  AttentionOutput forward(const torch::Tensor& hidden, const torch::Tensor& bias, const ForwardContext& context);

  std::int64_t layer, num_heads;
  double dropout_prob;
  torch::nn::Linear query{nullptr}, key{nullptr}, value{nullptr};
};
TORCH_MODULE(SelfAttention);

// Whether attention on `device` goes by scaled_dot_product_attention where it drops nothing and nobody wants probabilities.
bool has_sdpa(at::Device device);

// softmax(Q K^T / sqrt(d) + bias) V of [B, A, T, d] by scaled_dot_product_attention; `bias` as forward() takes it.
torch::Tensor attend_by_sdpa(const torch::Tensor& queries, const torch::Tensor& keys, const torch::Tensor& values,
                             const torch::Tensor& bias);

// 0 for tokens and the lowest finite value for padding, [B, 1, 1, T], from a mask [B, T]; undefined for an undefined mask.
torch::Tensor attention_bias(const torch::Tensor& attention_mask, torch::ScalarType dtype);

}  // namespace bertforge
