#include "bertforge/model/heads.h"

#include <torch/nn/modules/linear.h>
#include <torch/types.h>

namespace bertforge {

PoolerImpl::PoolerImpl(const BertConfig& config)
    : dense(register_module("dense", torch::nn::Linear(config.hidden_size, config.hidden_size))) {}

torch::Tensor PoolerImpl::forward(const torch::Tensor& first_rows) { return torch::tanh(dense(first_rows)); }

PredictionTransformImpl::PredictionTransformImpl(const BertConfig& config)
    : activation(find_activation(config.hidden_act)),
      dense(register_module("dense", torch::nn::Linear(config.hidden_size, config.hidden_size))),
      layer_norm(register_module("LayerNorm", LayerNorm(config))) {}

torch::Tensor PredictionTransformImpl::forward(const torch::Tensor& rows) {
  return layer_norm(activation(dense(rows)));
}

PredictionHeadImpl::PredictionHeadImpl(const BertConfig& config)
    : transform(register_module("transform", PredictionTransform(config))),
      bias(register_parameter("bias", torch::zeros({config.vocab_size}))) {}

PreTrainingHeadsImpl::PreTrainingHeadsImpl(const BertConfig& config)
    : predictions(register_module("predictions", PredictionHead(config))),
      seq_relationship(register_module("seq_relationship", torch::nn::Linear(config.hidden_size, 2))) {}

}  // namespace bertforge
