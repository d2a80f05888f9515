#pragma once
// Loss scaling for float16, whose numbers end at 65,504 and fade out below 6e-5, where gradients are.
//
// The loss is multiplied before the backward pass and the gradients divided after it. A scale that is too large shows as gradients
// that are not finite: that update is left out and the scale halved; after many finite ones in a row it is doubled.
// Fed by gradients.h (PassSettings::loss_scale) and the gradient's norm; saved with TrainState.
// Source: Micikevicius et al. 2018, section 3.2; the rule and its numbers are torch.amp.GradScaler's.

#include <cstdint>

namespace bertforge {

struct LossScalerState {
  double scale = 65536;
  std::int64_t finite_updates = 0;  // In a row, since the scale last changed

  bool operator==(const LossScalerState&) const = default;
};

class LossScaler {
 public:
  explicit LossScaler(const LossScalerState& state = {}) : state_(state) {}

  double scale() const { return state_.scale; }
  const LossScalerState& state() const { return state_; }

  // After the backward pass of every update: whether its gradients were finite. The next update's scale follows from it.
  void update(bool is_finite);

  // Whether the scale cannot be blamed for gradients that are not finite: it is 1 or less.
  bool is_spent() const { return state_.scale <= 1; }

 private:
  LossScalerState state_;
};

}  // namespace bertforge
