#include "bertforge/train/optimizer.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <limits>

#include "support/error_matchers.h"
#include "toy_training.h"

namespace bertforge {
namespace {

using testing::toy_train_config;
using testing::ToyTraining;

TEST(Clipping, ScalesOnlyWhatIsLongerThanTheBound) {
  EXPECT_EQ(clip_factor(4, 0), 1.0);
  EXPECT_EQ(clip_factor(4, 8), 1.0);
  EXPECT_NEAR(clip_factor(4, 1), 0.25, 1e-6);
  EXPECT_EQ(clip_factor(std::numeric_limits<double>::infinity(), 1), 1.0);
  EXPECT_EQ(clip_factor(std::numeric_limits<double>::quiet_NaN(), 1), 1.0);
}

TEST(AdamW, FusedAndPlainUpdatesAgreeWithAndWithoutClippingInBothPrecisions) {
  for (const Precision precision : {Precision::kFloat32, Precision::kBfloat16}) {
    ToyTraining fused(toy_train_config(1), {.weight_decay = 0.1}, precision),
        plain(toy_train_config(1), {.weight_decay = 0.1}, precision);
    fused.optimizer->choose_kernels(find_kernel_level("auto").table);
    plain.optimizer->choose_kernels(nullptr);
    for (int step = 1; step <= 3; ++step) {
      const auto gradients = torch::sin(torch::arange(plain.parameters->flat_size(), torch::kFloat) * step);
      for (ToyTraining* training : {&fused, &plain}) {
        for (const ParameterInfo& info : training->parameters->parameters()) {  // The gaps between them stay 0.
          ParameterStore::view(training->parameters->gradients(), info).copy_(ParameterStore::view(gradients, info));
        }
      }
      EXPECT_NEAR(fused.optimizer->gradient_norm(), plain.optimizer->gradient_norm(), 1e-4);
      fused.optimizer->update(step, 0.01, step == 2 ? 0.25 : 1.0);
      plain.optimizer->update(step, 0.01, step == 2 ? 0.25 : 1.0);
    }
    const auto difference = (fused.parameters->weights() - plain.parameters->weights()).abs().max().item<double>();
    EXPECT_LT(difference, 2e-6);
    for (const auto& item : fused.model->named_parameters()) {
      const auto expected = plain.model->named_parameters()[item.key()];
      EXPECT_LT((item.value() - expected).abs().max().item<double>(), precision == Precision::kFloat32 ? 2e-6 : 1e-2)
          << item.key();
    }
  }
}

TEST(AdamW, DecaysOnlyWhatIsUnderDecay) {
  ToyTraining training(toy_train_config(1), {.weight_decay = 0.5});
  training.parameters->weights().fill_(1);
  training.parameters->zero_gradients();
  training.optimizer->update(1, 0.1);
  EXPECT_NEAR(training.parameters->weights()[0].item<float>(), 0.95, 1e-6);
  EXPECT_EQ(training.parameters->weights()[training.parameters->num_decayed()].item<float>(), 1.0f);
}

// Google's AdamWeightDecayOptimizer: the first update is (1 - beta1) g / (sqrt((1 - beta2) g^2) + epsilon).
TEST(AdamW, WithoutBiasCorrectionTakesTheMeansAsTheyAre) {
  for (const bool is_fused : {false, true}) {
    ToyTraining training(toy_train_config(1), {.epsilon = 1e-6, .weight_decay = 0, .bias_correction = false});
    training.optimizer->choose_kernels(is_fused ? find_kernel_level("auto").table : nullptr);
    training.parameters->weights().fill_(1);
    training.parameters->gradients().fill_(0.5);
    training.optimizer->update(1, 0.01);
    const double expected = 1 - 0.01 * 0.1 * 0.5 / (std::sqrt(0.001 * 0.25) + 1e-6);
    EXPECT_NEAR(training.parameters->weights()[0].item<double>(), expected, 1e-6) << "fused: " << is_fused;
  }
}

TEST(WeightAverage, FollowsTheWeightsAndTakesTheirPlaceWhileItIsAsked) {
  ToyTraining training(toy_train_config(1), {.learning_rate = 1e-2, .average_decay = 0.5});
  Optimizer& optimizer = *training.optimizer;
  auto average = training.parameters->weights().to(torch::kDouble);
  const auto gradients = torch::sin(torch::arange(training.parameters->flat_size(), torch::kFloat));
  // The first shares: (1 + step) / (10 + step), until that is more than 0.5.
  for (std::int64_t step = 1; step <= 12; ++step) {
    training.parameters->gradients().copy_(gradients * static_cast<double>(step));
    optimizer.update(step, 1e-2);
    const double decay = step < 8 ? static_cast<double>(1 + step) / static_cast<double>(10 + step) : 0.5;
    average = decay * average + (1 - decay) * training.parameters->weights().to(torch::kDouble);
  }
  const auto weights = training.parameters->weights().clone();
  const auto module_weight = training.model->named_parameters().front().value();
  const auto module_before = module_weight.clone();
  {
    const AveragedWeights averaged(optimizer);
    EXPECT_LT((training.parameters->weights() - average).abs().max().item<double>(), 1e-6);
    EXPECT_FALSE(module_weight.equal(module_before));
  }
  EXPECT_TRUE(training.parameters->weights().equal(weights));
  EXPECT_TRUE(module_weight.equal(module_before));
}

TEST(WeightAverage, IsNeitherUpdatedNorAskedTwiceWhileTheStoreHoldsIt) {
  ToyTraining training(toy_train_config(1), {.average_decay = 0.5});
  const AveragedWeights averaged(*training.optimizer);
  EXPECT_ERROR(training.optimizer->update(1, 1e-2), ErrorKind::kInternal, "an update of the average");
  EXPECT_ERROR(AveragedWeights(*training.optimizer), ErrorKind::kInternal, "already");
}

TEST(WeightAverage, IsNotKeptUnasked) {
  ToyTraining training(toy_train_config(1));
  EXPECT_FALSE(training.optimizer->keeps_average());
  const auto weights = training.parameters->weights().clone();
  const AveragedWeights averaged(*training.optimizer);
  EXPECT_TRUE(training.parameters->weights().equal(weights));
}

// The formula of lamb.h, number by number in float64.
TEST(Lamb, ScalesEachMatrixByTheRatioOfItsNormToTheUpdates) {
  const OptimizerConfig config = {.algorithm = "lamb", .weight_decay = 0.1};
  ToyTraining training(toy_train_config(1), config);
  ParameterStore& store = *training.parameters;
  for (const ParameterInfo& info : store.parameters()) {
    const auto numbers = torch::arange(info.size, torch::kFloat).view(info.shape);
    ParameterStore::view(store.weights(), info).copy_(torch::cos(numbers) + 0.5);
  }
  std::vector<at::Tensor> weights, means, squares;
  for (const ParameterInfo& info : store.parameters()) {
    weights.push_back(ParameterStore::view(store.weights(), info).to(torch::kDouble).clone());
    means.push_back(torch::zeros_like(weights.back()));
    squares.push_back(torch::zeros_like(weights.back()));
  }
  for (int step = 1; step <= 3; ++step) {
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const ParameterInfo& info = store.parameters()[i];
      const auto gradient = torch::sin(torch::arange(info.size, torch::kFloat) * step).view(info.shape);
      ParameterStore::view(store.gradients(), info).copy_(gradient);
      const auto clipped = gradient.to(torch::kDouble) * 0.5;
      means[i] = 0.9 * means[i] + 0.1 * clipped;
      squares[i] = 0.999 * squares[i] + 0.001 * clipped * clipped;
      auto update = means[i] / (1 - std::pow(0.9, step)) / ((squares[i] / (1 - std::pow(0.999, step))).sqrt() + 1e-6);
      double ratio = 1;
      if (info.decays) {
        update = update + 0.1 * weights[i];
        ratio = weights[i].norm().item<double>() / update.norm().item<double>();
      }
      weights[i] = weights[i] - 0.01 * ratio * update;
    }
    training.optimizer->update(step, 0.01, 0.5);
  }
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const auto found = ParameterStore::view(store.weights(), store.parameters()[i]).to(torch::kDouble);
    EXPECT_LT((found - weights[i]).abs().max().item<double>(), 1e-5) << store.parameters()[i].name;
  }
}

TEST(Lamb, LeavesAMatrixOfZerosWithARatioOfOne) {
  ToyTraining training(toy_train_config(1), {.algorithm = "lamb", .weight_decay = 0});
  training.parameters->weights().zero_();
  training.parameters->gradients().fill_(2);
  training.optimizer->update(1, 0.01);
  EXPECT_NEAR(training.parameters->weights()[0].item<double>(), -0.01, 1e-6);
}

TEST(Lamb, BringsTheModulesCopyUpToDate) {
  ToyTraining training(toy_train_config(1), {.algorithm = "lamb"}, Precision::kBfloat16);
  training.parameters->gradients().fill_(0.5);
  training.optimizer->update(1, 0.1);
  const auto modules = training.model->named_parameters();
  for (const ParameterInfo& info : training.parameters->parameters()) {
    const auto master = ParameterStore::view(training.parameters->weights(), info);
    EXPECT_TRUE(modules[info.name].equal(master.to(modules[info.name].scalar_type()))) << info.name;
  }
}

TEST(Optimizer, NamesTheNearestOneForAMisspeltName) {
  ToyTraining training(toy_train_config(1));
  EXPECT_ERROR(make_optimizer(*training.parameters, {.algorithm = "adam"}), ErrorKind::kUsage, "did you mean adamw");
}

}  // namespace
}  // namespace bertforge
