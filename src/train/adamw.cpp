#include "bertforge/train/adamw.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

#include "bertforge/model/parallel_parts.h"
#include "flat_blocks.h"

namespace bertforge {

void AdamW::change_weights(std::int64_t step, double learning_rate, double gradient_scale) {
  const torch::NoGradGuard no_grad;
  if (is_fused()) return update_fused(step, learning_rate, gradient_scale);
  if (gradient_scale != 1) store_.gradients().mul_(gradient_scale);
  const FlatRange own = own_range();
  update_range({own.begin, std::min(own.end, store_.num_decayed())}, step, learning_rate, config_.weight_decay);
  update_range({std::max(own.begin, store_.num_decayed()), own.end}, step, learning_rate, 0.0);
  store_.refresh_modules();
}

void AdamW::update_fused(std::int64_t step, double learning_rate, double gradient_scale) {
  // The corrections of the numbers that the kernel computes with.
  const auto correction_of = [&](double beta) {
    return static_cast<float>(correction(static_cast<double>(static_cast<float>(beta)), step));
  };
  const FlatRange own = own_range();
  Bfloat16* const copy = store_.compute_copy();
  AdamWStep in = {.learning_rate = static_cast<float>(learning_rate),
                  .beta1 = static_cast<float>(config_.beta1),
                  .beta2 = static_cast<float>(config_.beta2),
                  .epsilon = static_cast<float>(config_.epsilon),
                  .gradient_scale = static_cast<float>(gradient_scale),
                  .correction1 = correction_of(config_.beta1),
                  .correction2 = correction_of(config_.beta2),
                  .weights = store_.weights().mutable_data_ptr<float>() + own.begin,
                  .gradients = store_.gradients().const_data_ptr<float>() + own.begin,
                  .exp_avg = exp_avg_.mutable_data_ptr<float>(),
                  .exp_avg_sq = exp_avg_sq_.mutable_data_ptr<float>(),
                  .copy = copy == nullptr ? nullptr : copy + own.begin};
  const auto run = [&](std::int64_t begin, std::int64_t end, double weight_decay) {
    in.weight_decay = static_cast<float>(weight_decay);
    // Whole blocks: an element is in the same place of a vector for every number of threads.
    for_each_part(end - begin, kFlatBlock,
                  [&](std::int64_t first, std::int64_t last) { kernels_->adamw(in, begin + first, begin + last); });
  };
  const std::int64_t num_decayed = std::clamp<std::int64_t>(store_.num_decayed() - own.begin, 0, own.size());
  run(0, num_decayed, config_.weight_decay);
  run(num_decayed, own.size(), 0);
}

void AdamW::update_range(const FlatRange& range, std::int64_t step, double learning_rate, double weight_decay) {
  if (range.size() <= 0) return;
  const auto part = [&](const at::Tensor& flat) {
    return std::vector<at::Tensor>{flat.narrow(0, range.begin, range.size())};
  };
  const auto moments = [&](const at::Tensor& own) {
    return std::vector<at::Tensor>{own.narrow(0, range.begin - own_range().begin, range.size())};
  };
  // Without bias correction: so many steps that 1 - beta^step is 1.
  const double counted = config_.bias_correction ? static_cast<double>(step) : 1e9;
  const std::vector<at::Tensor> steps = {torch::full({}, counted, store_.weights().options())};
  at::_fused_adamw_(part(store_.weights()), part(store_.gradients()), moments(exp_avg_), moments(exp_avg_sq_), {},
                    steps, learning_rate, config_.beta1, config_.beta2, weight_decay, config_.epsilon,
                    /*amsgrad=*/false,
                    /*maximize=*/false);
}

}  // namespace bertforge
