// Losses, gradients and three AdamW updates against Hugging Face's own, float32 (oracle/README.md, recipe.json).

#include <gtest/gtest.h>
#include <torch/types.h>

#include "bertforge/model/parameters.h"
#include "bertforge/objective/objective.h"
#include "bertforge/train/adamw.h"
#include "bertforge/train/schedule.h"
#include "support/shared_path.h"
#include "support/torch_oracle.h"

namespace bertforge {
namespace {

using testing::relative_difference;
using testing::TinyOracle;

// The true gradient of key biases is 0: softmax does not see what all keys share. What is left is rounding.
bool is_key_bias(const std::string& name) { return name.ends_with("attention.self.key.bias"); }

struct Losses {
  torch::Tensor total;
  double masked_lm = 0, next_sentence = 0;
};

Losses losses_of(TinyOracle& oracle, const PreTrainingBatch& batch) {
  const auto terms = loss_terms(oracle.model, make_objectives({"masked_lm", "next_sentence"}), batch, {});
  const LossTerm &masked_lm = terms[0], &next_sentence = terms[1];
  return {.total = masked_lm.sum / masked_lm.count + next_sentence.sum / next_sentence.count,
          .masked_lm = masked_lm.sum.item<double>() / static_cast<double>(masked_lm.count),
          .next_sentence = next_sentence.sum.item<double>() / static_cast<double>(next_sentence.count)};
}

// By the plain path and by the fused kernels of every level that this CPU runs.
class TrainingOracle : public ::testing::TestWithParam<std::string> {};

std::vector<std::string> testable_kernels() {
  std::vector<std::string> names = {"plain"};
  for (const KernelLevel* level : supported_kernel_levels()) names.push_back(level->name);
  return names;
}

TEST_P(TrainingOracle, LossesEqualHuggingFaces) {
  BERTFORGE_REQUIRE_SHARED(folder, "oracle/model/tiny");
  TinyOracle oracle(folder);
  const ParameterStore store(*oracle.model, torch::kCPU, Precision::kFloat32);
  oracle.model->choose_kernels(GetParam(), &store);
  const Losses losses = losses_of(oracle, oracle.batch());
  const auto expected = [&](const char* name) { return oracle.expected(name).item<double>(); };
  EXPECT_NEAR(losses.total.item<double>(), expected("loss"), 1e-5 * expected("loss"));
  EXPECT_NEAR(losses.masked_lm, expected("mlm_loss"), 1e-5 * expected("mlm_loss"));
  EXPECT_NEAR(losses.next_sentence, expected("nsp_loss"), 1e-5 * expected("nsp_loss"));
}

TEST_P(TrainingOracle, GradientsOfEveryParameterEqualHuggingFaces) {
  BERTFORGE_REQUIRE_SHARED(folder, "oracle/model/tiny");
  TinyOracle oracle(folder);
  ParameterStore store(*oracle.model, torch::kCPU, Precision::kFloat32);
  oracle.model->choose_kernels(GetParam(), &store);
  losses_of(oracle, oracle.batch()).total.backward();
  for (const ParameterInfo& info : store.parameters()) {
    const auto gradient = ParameterStore::view(store.gradients(), info);
    if (is_key_bias(info.name)) {
      EXPECT_LT(gradient.abs().max().item<double>(), 1e-6) << info.name;
    } else {
      EXPECT_LT(relative_difference(gradient, oracle.expected("grad/" + info.name)), 1e-4) << info.name;
    }
  }
}

TEST_P(TrainingOracle, ParametersAfterThreeUpdatesEqualTorchsAdamW) {
  BERTFORGE_REQUIRE_SHARED(folder, "oracle/model/tiny");
  TinyOracle oracle(folder);
  ParameterStore store(*oracle.model, torch::kCPU, Precision::kFloat32);
  const OptimizerConfig config = {.learning_rate = 0.01};
  AdamW optimizer(store, config);
  oracle.model->choose_kernels(GetParam(), &store);
  optimizer.choose_kernels(oracle.model->kernels().table());
  const double expected_losses[] = {6.633296012878418, 6.633296012878418, 5.984278678894043};  // recipe.json
  for (int step = 0; step < 3; ++step) {
    store.zero_gradients();
    const auto loss = losses_of(oracle, oracle.batch()).total;
    EXPECT_NEAR(loss.item<double>(), expected_losses[step], 1e-5 * expected_losses[step]);
    loss.backward();
    optimizer.update(step + 1, config.learning_rate * find_schedule("linear")(step, {.warmup = 2, .total = 10}),
                     clip_factor(optimizer.gradient_norm(), config.clip_norm));
  }
  for (const ParameterInfo& info : store.parameters()) {
    if (is_key_bias(info.name)) continue;  // AdamW makes steps of full size out of rounding.
    EXPECT_LT(relative_difference(ParameterStore::view(store.weights(), info), oracle.expected("after/" + info.name)),
              1e-4)
        << info.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, TrainingOracle, ::testing::ValuesIn(testable_kernels()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace bertforge
