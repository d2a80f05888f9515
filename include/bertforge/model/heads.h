#pragma once
// What stands on the encoder: the pooler, the masked-LM head (tied to the word embeddings) and the next-sentence head.
//
// Source: Devlin et al. 2019, section 3.1; transformers BertPooler, BertLMPredictionHead, whose names the parameters
// have.
//   B  sequences   T  positions   H  hidden size   V  vocabulary   P  rows to predict

#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>

#include "bertforge/model/config.h"
#include "bertforge/model/layer_norm.h"
#include "bertforge/model/ops.h"

namespace bertforge {

// tanh(dense(hidden state of [CLS])).
struct PoolerImpl : torch::nn::Module {
  explicit PoolerImpl(const BertConfig& config);
  torch::Tensor forward(const torch::Tensor& first_rows);  // [B, H] -> [B, H]

  torch::nn::Linear dense{nullptr};
};
TORCH_MODULE(Pooler);

struct PredictionTransformImpl : torch::nn::Module {
  explicit PredictionTransformImpl(const BertConfig& config);
  torch::Tensor forward(const torch::Tensor& rows);  // [P, H] -> [P, H]

  Activation activation;
  torch::nn::Linear dense{nullptr};
  LayerNorm layer_norm{nullptr};
};
TORCH_MODULE(PredictionTransform);

// The parameters of the masked-LM head: logits are transform(rows) * word_embeddings^T + bias (bert.h).
struct PredictionHeadImpl : torch::nn::Module {
  explicit PredictionHeadImpl(const BertConfig& config);

  PredictionTransform transform{nullptr};
  torch::Tensor bias;  // [V]
};
TORCH_MODULE(PredictionHead);

struct PreTrainingHeadsImpl : torch::nn::Module {
  explicit PreTrainingHeadsImpl(const BertConfig& config);

  PredictionHead predictions{nullptr};
  torch::nn::Linear seq_relationship{nullptr};  // H -> 2; class 1 = B is random
};
TORCH_MODULE(PreTrainingHeads);

}  // namespace bertforge
