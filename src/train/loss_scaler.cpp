#include "bertforge/train/loss_scaler.h"

namespace bertforge {
namespace {

constexpr double kGrowth = 2, kBackoff = 0.5;
constexpr std::int64_t kGrowthInterval = 2000;

}  // namespace

void LossScaler::update(bool is_finite) {
  if (!is_finite) {
    state_ = {.scale = state_.scale * kBackoff};
  } else if (++state_.finite_updates == kGrowthInterval) {
    state_ = {.scale = state_.scale * kGrowth};
  }
}

}  // namespace bertforge
