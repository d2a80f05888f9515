#include "bertforge/model/layer_norm.h"

#include <torch/types.h>

namespace bertforge {

LayerNormImpl::LayerNormImpl(const BertConfig& config)
    : epsilon(config.layer_norm_eps),
      weight(register_parameter("weight", torch::ones({config.hidden_size}))),
      bias(register_parameter("bias", torch::zeros({config.hidden_size}))) {}

torch::Tensor LayerNormImpl::forward(const torch::Tensor& x) {
  const auto wide = weight.scalar_type() == torch::kDouble ? torch::kDouble : torch::kFloat;
  return torch::layer_norm(x.to(wide), weight.sizes(), weight.to(wide), bias.to(wide), epsilon).to(x.scalar_type());
}

}  // namespace bertforge
