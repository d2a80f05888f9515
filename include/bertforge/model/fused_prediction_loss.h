#pragma once
// The end of the masked-LM head over fused kernels: logits, cross-entropy and its gradient in one buffer that stays.
//
// One node of the autograd graph from the transformed rows to the sum of losses. Gradients of the vocabulary's weights
// go straight to the store's flat tensor. The plain path is heads.h with objective/cross_entropy.h. Fed by
// model/bert.h; eaten by objective/masked_lm.
//   P  rows to predict   H  hidden size   V  vocabulary

#include <ATen/core/Tensor.h>

#include <memory>

#include "bertforge/kernels/kernel_table.h"

namespace bertforge {

class ParameterStore;

struct PredictionLoss {
  at::Tensor sum;          // Scalar, float32: the sum over the rows, in nats
  at::Tensor predictions;  // [P] int64, the most likely pieces
};

class FusedPredictionLoss {
 public:
  virtual ~FusedPredictionLoss() = default;

  // Of `rows` [P, H] against `labels` [P] int64; logits are rows * weight^T + bias, weight [V, H]. Where gradients are
  // recorded, the pass must be followed by its backward pass before the next one begins.
  virtual PredictionLoss operator()(const at::Tensor& rows, const at::Tensor& weight, const at::Tensor& bias,
                                    const at::Tensor& labels) = 0;
};

// For weights of type `dtype`, float32 or bfloat16. Gradients go to `store`; null: there is no backward pass.
std::shared_ptr<FusedPredictionLoss> make_fused_prediction_loss(const KernelTable& kernels, at::ScalarType dtype,
                                                                const ParameterStore* store);

}  // namespace bertforge
