#pragma once
// AdamW over the flat store: two ranges, one with weight decay and one without.
//
// Source: Loshchilov and Hutter 2019; torch.optim.AdamW, and without bias correction google-research/bert's
// AdamWeightDecayOptimizer. The arithmetic is that of kernels/adamw.h on the CPU, in one pass with the modules' copy,
// and of LibTorch's fused implementation elsewhere and on the plain path.

#include "bertforge/train/optimizer.h"

namespace bertforge {

class AdamW : public Optimizer {
 public:
  using Optimizer::Optimizer;

 private:
  void change_weights(std::int64_t step, double learning_rate, double gradient_scale) override;
  bool can_be_sharded() const override { return true; }
  void update_range(const FlatRange& range, std::int64_t step, double learning_rate, double weight_decay);
  void update_fused(std::int64_t step, double learning_rate, double gradient_scale);
};

}  // namespace bertforge
