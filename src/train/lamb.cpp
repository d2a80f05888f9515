#include "bertforge/train/lamb.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

namespace bertforge {

void Lamb::change_weights(std::int64_t step, double learning_rate, double gradient_scale) {
  const torch::NoGradGuard no_grad;
  if (gradient_scale != 1) store_.gradients().mul_(gradient_scale);
  exp_avg_.lerp_(store_.gradients(), 1 - config_.beta1);
  exp_avg_sq_.mul_(config_.beta2).addcmul_(store_.gradients(), store_.gradients(), 1 - config_.beta2);
  const double root_correction = std::sqrt(correction(config_.beta2, step));
  for (const ParameterInfo& info : store_.parameters()) {
    auto weights = ParameterStore::view(store_.weights(), info);
    const auto root = ParameterStore::view(exp_avg_sq_, info).sqrt().div_(root_correction).add_(config_.epsilon);
    auto direction = ParameterStore::view(exp_avg_, info).div(root).div_(correction(config_.beta1, step));
    if (info.decays) {
      direction.add_(weights, config_.weight_decay);
      direction.mul_(norm_ratio(info, direction));
    }
    weights.sub_(direction, learning_rate);
  }
  store_.refresh_modules();
}

at::Tensor Lamb::norm_ratio(const ParameterInfo& info, const at::Tensor& direction) const {
  if (is_fused()) {
    const double weight_norm = std::sqrt(sum_of_squares(store_.weights(), info.offset, info.offset + info.size));
    const double direction_norm = std::sqrt(sum_of_squares(direction.flatten(), 0, info.size));
    return torch::scalar_tensor(weight_norm > 0 && direction_norm > 0 ? weight_norm / direction_norm : 1.0);
  }
  const auto weight_norm = ParameterStore::view(store_.weights(), info).norm(2, torch::kDouble);
  const auto direction_norm = direction.norm(2, torch::kDouble);
  const auto is_known = (weight_norm > 0).logical_and(direction_norm > 0);
  return torch::where(is_known, weight_norm / direction_norm, 1.0);
}

}  // namespace bertforge
