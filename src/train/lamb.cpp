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
    double ratio = 1;
    if (info.decays) {
      direction.add_(weights, config_.weight_decay);
      const double weight_norm = std::sqrt(sum_of_squares(store_.weights(), info.offset, info.offset + info.size));
      const double direction_norm = std::sqrt(sum_of_squares(direction.flatten(), 0, info.size));
      if (weight_norm > 0 && direction_norm > 0) ratio = weight_norm / direction_norm;
    }
    weights.sub_(direction, learning_rate * ratio);
  }
  store_.refresh_modules();
}

}  // namespace bertforge
