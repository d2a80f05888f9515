#pragma once
// The encoder: L post-norm layers of self-attention and feed-forward network.
//
// Source: Devlin et al. 2019, section 3; transformers BertEncoder, whose names the parameters have.
//   B  sequences   T  positions   H  hidden size   A  heads   L  layers

#include <vector>

#include "bertforge/model/attention.h"
#include "bertforge/model/layer_norm.h"
#include "bertforge/model/ops.h"

#include <torch/nn/modules/container/modulelist.h>

namespace bertforge {

// LayerNorm(residual + dropout(dense(x))): the end of both halves of a layer.
struct ResidualOutputImpl : torch::nn::Module {
  ResidualOutputImpl(const BertConfig& config, std::int64_t input_size, std::int64_t layer, DropoutSite site);
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& residual, const ForwardContext& context);

  std::int64_t layer;
  DropoutSite site;
  double dropout_prob;
  torch::nn::Linear dense{nullptr};
  LayerNorm layer_norm{nullptr};
};
TORCH_MODULE(ResidualOutput);

// Self-attention with its output projection.
struct AttentionBlockImpl : torch::nn::Module {
  AttentionBlockImpl(const BertConfig& config, std::int64_t layer);

  SelfAttention self{nullptr};
  ResidualOutput output{nullptr};
};
TORCH_MODULE(AttentionBlock);

// activation(dense(x)), from H to intermediate_size.
struct IntermediateImpl : torch::nn::Module {
  explicit IntermediateImpl(const BertConfig& config);
  torch::Tensor forward(const torch::Tensor& x);

  Activation activation;
  torch::nn::Linear dense{nullptr};
};
TORCH_MODULE(Intermediate);

struct EncoderLayerImpl : torch::nn::Module {
  EncoderLayerImpl(const BertConfig& config, std::int64_t layer);

  // -> hidden [B, T, H]; `probs` receives the attention probabilities where it is not null.
  torch::Tensor forward(const torch::Tensor& hidden, const torch::Tensor& bias, const ForwardContext& context,
                        std::vector<torch::Tensor>* probs);

  AttentionBlock attention{nullptr};
  Intermediate intermediate{nullptr};
  ResidualOutput output{nullptr};
};
TORCH_MODULE(EncoderLayer);

struct EncoderOutput {
  torch::Tensor last_hidden_state;           // [B, T, H]; with ForwardContext::output_rows [R, H]
  std::vector<torch::Tensor> hidden_states;  // L + 1 of [B, T, H], [0] the embeddings; empty unless asked for
  std::vector<torch::Tensor> attentions;     // L of [B, A, T, T]; empty unless asked for
};

struct EncoderImpl : torch::nn::Module {
  explicit EncoderImpl(const BertConfig& config);
  EncoderOutput forward(torch::Tensor hidden, const torch::Tensor& attention_mask, const ForwardContext& context);

  torch::nn::ModuleList layer{nullptr};
};
TORCH_MODULE(Encoder);

}  // namespace bertforge
