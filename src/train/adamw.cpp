#include "bertforge/train/adamw.h"

#include <torch/types.h>
#include <torch/utils.h>

#include "bertforge/model/parallel_parts.h"
#include "flat_blocks.h"

namespace bertforge {

void AdamW::change_weights(std::int64_t step, double learning_rate, double gradient_scale) {
  const torch::NoGradGuard no_grad;
  if (is_fused()) return update_fused(step, learning_rate, gradient_scale);
  if (gradient_scale != 1) store_.gradients().mul_(gradient_scale);
  update_range(0, store_.num_decayed(), step, learning_rate, config_.weight_decay);
  update_range(store_.num_decayed(), store_.flat_size(), step, learning_rate, 0.0);
  store_.refresh_modules();
}

void AdamW::update_fused(std::int64_t step, double learning_rate, double gradient_scale) {
  // The corrections of the numbers that the kernel computes with.
  const auto correction_of = [&](double beta) {
    return static_cast<float>(correction(static_cast<double>(static_cast<float>(beta)), step));
  };
  AdamWStep in = {.learning_rate = static_cast<float>(learning_rate),
                  .beta1 = static_cast<float>(config_.beta1),
                  .beta2 = static_cast<float>(config_.beta2),
                  .epsilon = static_cast<float>(config_.epsilon),
                  .gradient_scale = static_cast<float>(gradient_scale),
                  .correction1 = correction_of(config_.beta1),
                  .correction2 = correction_of(config_.beta2),
                  .weights = store_.weights().mutable_data_ptr<float>(),
                  .gradients = store_.gradients().const_data_ptr<float>(),
                  .exp_avg = exp_avg_.mutable_data_ptr<float>(),
                  .exp_avg_sq = exp_avg_sq_.mutable_data_ptr<float>(),
                  .copy = store_.compute_copy()};
  const auto run = [&](std::int64_t begin, std::int64_t end, double weight_decay) {
    in.weight_decay = static_cast<float>(weight_decay);
    // Whole blocks: an element is in the same place of a vector for every number of threads.
    for_each_part(end - begin, kFlatBlock,
                  [&](std::int64_t first, std::int64_t last) { kernels_->adamw(in, begin + first, begin + last); });
  };
  run(0, store_.num_decayed(), config_.weight_decay);
  run(store_.num_decayed(), store_.flat_size(), 0);
}

void AdamW::update_range(std::int64_t begin, std::int64_t end, std::int64_t step, double learning_rate,
                         double weight_decay) {
  if (begin == end) return;
  const auto part = [&](const at::Tensor& flat) { return std::vector<at::Tensor>{flat.narrow(0, begin, end - begin)}; };
  // Without bias correction: so many steps that 1 - beta^step is 1.
  const double counted = config_.bias_correction ? static_cast<double>(step) : 1e9;
  const std::vector<at::Tensor> steps = {torch::full({}, counted, store_.weights().options())};
  at::_fused_adamw_(part(store_.weights()), part(store_.gradients()), part(exp_avg_), part(exp_avg_sq_), {}, steps,
                    learning_rate, config_.beta1, config_.beta2, weight_decay, config_.epsilon, /*amsgrad=*/false,
                    /*maximize=*/false);
}

}  // namespace bertforge
