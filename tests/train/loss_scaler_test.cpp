#include "bertforge/train/loss_scaler.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>

#include "bertforge/train/gradients.h"
#include "toy_training.h"

namespace bertforge {
namespace {

using testing::toy_train_config;
using testing::ToyTraining;

void update_times(LossScaler& scaler, int times) {
  for (int i = 0; i < times; ++i) scaler.update(true);
}

TEST(LossScaler, HalvesAfterAnUpdateThatIsNotFiniteAndDoublesAfter2000ThatAre) {
  LossScaler scaler;
  EXPECT_EQ(scaler.scale(), 65536);
  update_times(scaler, 1999);
  EXPECT_EQ(scaler.scale(), 65536);
  update_times(scaler, 1);
  EXPECT_EQ(scaler.scale(), 131072);
  update_times(scaler, 1999);
  scaler.update(false);
  EXPECT_EQ(scaler.scale(), 65536);
  update_times(scaler, 1999);  // Counted from anew.
  EXPECT_EQ(scaler.scale(), 65536);
  update_times(scaler, 1);
  EXPECT_EQ(scaler.scale(), 131072);
}

TEST(LossScaler, GoesOnWhereItsStateWasSaved) {
  LossScaler whole;
  update_times(whole, 700);
  LossScaler resumed(whole.state());
  update_times(resumed, 1300);
  EXPECT_EQ(resumed.scale(), 131072);
  EXPECT_FALSE(resumed.is_spent());
}

TEST(LossScaler, IsSpentAtAScaleOfOne) {
  LossScaler scaler;
  for (int i = 0; i < 16; ++i) scaler.update(false);
  EXPECT_EQ(scaler.scale(), 1);
  EXPECT_TRUE(scaler.is_spent());
}

// As torch.amp.GradScaler's own kernel has it, from any state on.
TEST(LossScaler, FollowsLibTorchsRuleStepByStep) {
  LossScaler scaler({.scale = 1024, .finite_updates = 1990});
  auto scale = torch::full({}, 1024.0f);
  auto tracker = torch::full({}, 1990, torch::kInt);
  for (int step = 0; step < 4100; ++step) {
    const bool is_finite = step % 2050 != 2049;
    at::_amp_update_scale_(scale, tracker, torch::full({}, is_finite ? 0.0f : 1.0f), 2.0, 0.5, 2000);
    scaler.update(is_finite);
    ASSERT_EQ(scaler.scale(), scale.item<double>()) << step;
    ASSERT_EQ(scaler.state().finite_updates, tracker.item<std::int64_t>()) << step;
  }
}

// In float32, where a power of two changes no bit of a gradient that is not tiny.
TEST(LossScaler, ScalesTheGradientsAndNotTheReportedLoss) {
  ToyTraining plain(toy_train_config(1)), scaled(toy_train_config(1));
  const auto objectives = make_objectives(plain.config.objectives);
  BatchLoader loader(plain.store, plain.tokenizer, plain.loader_config());
  const GlobalBatch batch = loader.next();
  const auto terms = accumulate_gradients(plain.model, *plain.parameters, objectives, batch, {});
  const auto same = accumulate_gradients(scaled.model, *scaled.parameters, objectives, batch, {.loss_scale = 1024});
  EXPECT_EQ(terms.front().loss_sum, same.front().loss_sum);
  EXPECT_TRUE(torch::allclose(scaled.parameters->gradients() / 1024, plain.parameters->gradients(), 1e-5, 1e-9));
}

TEST(LossScaler, BringsFloat16GradientsNearThoseOfFloat32) {
  ToyTraining exact(toy_train_config(1)), coarse(toy_train_config(1), {}, Precision::kFloat16);
  exact.model->choose_kernels("plain"), coarse.model->choose_kernels("plain");
  const auto objectives = make_objectives(exact.config.objectives);
  BatchLoader loader(exact.store, exact.tokenizer, exact.loader_config());
  const GlobalBatch batch = loader.next();
  accumulate_gradients(exact.model, *exact.parameters, objectives, batch, {});
  accumulate_gradients(coarse.model, *coarse.parameters, objectives, batch, {.loss_scale = 1024});
  const auto difference = coarse.parameters->gradients() / 1024 - exact.parameters->gradients();
  EXPECT_LT(difference.norm().item<double>(), 0.01 * exact.parameters->gradients().norm().item<double>());

  exact.parameters->zero_gradients(), coarse.parameters->zero_gradients();
  accumulate_gradients(coarse.model, *coarse.parameters, objectives, batch, {.loss_scale = 1e9});
  coarse.optimizer->choose_kernels(nullptr);
  EXPECT_FALSE(std::isfinite(coarse.optimizer->gradient_norm()));
}

}  // namespace
}  // namespace bertforge
