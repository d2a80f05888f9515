#pragma once
// LAMB: AdamW's direction, scaled for each matrix by the ratio of its weights' norm to the direction's. For batches of
// thousands. LibTorch's operations on every path; the norms are those of fused kernels where there are any.
//
//   u = m / c1 / (sqrt(v / c2) + epsilon) + decay w      w = w - rate |w| / |u| u
//
// Parameters without weight decay, biases and LayerNorm, have ratio 1, as has what is 0.
// Source: You et al. 2020, algorithm 2; the exclusions are google-research/albert's LAMBOptimizer's and NVIDIA's.

#include "bertforge/train/optimizer.h"

namespace bertforge {

class Lamb : public Optimizer {
 public:
  using Optimizer::Optimizer;

 private:
  void change_weights(std::int64_t step, double learning_rate, double gradient_scale) override;
  // |w| / |u| as a scalar on the device: a GPU goes on without telling it.
  at::Tensor norm_ratio(const ParameterInfo& info, const at::Tensor& direction) const;
};

}  // namespace bertforge
