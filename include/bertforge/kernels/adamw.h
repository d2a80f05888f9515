#pragma once
// One update of AdamW over a flat range, and the sum of squares that its clipping needs.
//
// Source: Loshchilov and Hutter 2019, algorithm 2; torch.optim.AdamW.

#include <cstdint>

#include "bertforge/kernels/bfloat16.h"

namespace bertforge {

struct AdamWStep {
  float learning_rate = 0, beta1 = 0, beta2 = 0, epsilon = 0, weight_decay = 0;
  float gradient_scale = 1;                // What clipping multiplies gradients by.
  float correction1 = 1, correction2 = 1;  // 1 - beta1^step, 1 - beta2^step
  // Elements of the flat range, by name.
  float* weights = nullptr;
  const float* gradients = nullptr;
  float* exp_avg = nullptr;
  float* exp_avg_sq = nullptr;
  Bfloat16* copy = nullptr;  // The weights rounded, for modules that compute in bfloat16; null: there is none
};

}  // namespace bertforge
