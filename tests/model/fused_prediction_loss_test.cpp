// The fused end of the masked-LM head against the plain one.

#include "bertforge/model/fused_prediction_loss.h"

#include <gtest/gtest.h>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "bertforge/base/error.h"
#include "bertforge/model/bert.h"
#include "bertforge/model/parameters.h"

namespace bertforge {
namespace {

BertConfig head_config() {
  return {
      .vocab_size = 301, .hidden_size = 36, .num_hidden_layers = 1, .num_attention_heads = 4, .intermediate_size = 53};
}

struct Head {
  BertForPreTraining model{head_config()};
  ParameterStore store;
  torch::Tensor hidden, labels;

  Head(const std::string& kernels, Precision precision, std::int64_t num_rows)
      : store(fresh(), torch::kCPU, precision) {
    model->choose_kernels(kernels, &store);
    torch::manual_seed(3);
    hidden = torch::randn({num_rows, 36}).to(scalar_type(precision)).requires_grad_();
    labels = torch::randint(0, 301, {num_rows}, torch::kLong);
  }

  torch::nn::Module& fresh() {
    initialize_weights(model, 7);
    const torch::NoGradGuard no_grad;
    model->cls->predictions->bias.copy_(torch::sin(torch::arange(301)));
    return *model;
  }

  // The sum of losses; gradients are those of a third of it.
  double train() {
    torch::Tensor sum;
    EXPECT_EQ(model->kernels().fuses(model->cls->predictions->bias), model->kernels().name() != "plain");
    if (auto fused = model->fused_prediction_loss(hidden, labels)) {
      sum = fused->sum;
    } else {
      const auto logits = model->prediction_logits(hidden).to(torch::kFloat);
      sum = at::cross_entropy_loss(logits, labels, {}, at::Reduction::Sum);
    }
    (sum / 3).backward();
    store.collect_gradients();
    return sum.item<double>();
  }
};

double l2_distance(const torch::Tensor& found, const torch::Tensor& expected) {
  return ((found - expected).norm() / (expected.norm() + 1e-12)).item<double>();
}

class FusedPredictionLossAtLevel : public ::testing::TestWithParam<const KernelLevel*> {};

TEST_P(FusedPredictionLossAtLevel, GivesThePlainLossAndGradients) {
  for (const std::int64_t num_rows : {1, 5, 150}) {
    Head fused(GetParam()->name, Precision::kFloat32, num_rows), plain("plain", Precision::kFloat32, num_rows);
    const double expected = plain.train();
    EXPECT_NEAR(fused.train(), expected, 1e-6 * expected);
    EXPECT_LT(l2_distance(fused.hidden.grad(), plain.hidden.grad()), 1e-5);
    EXPECT_LT(l2_distance(fused.store.gradients(), plain.store.gradients()), 1e-5);
  }
}

TEST_P(FusedPredictionLossAtLevel, InBfloat16IsAsNearToFloat32AsThePlainPath) {
  Head fused(GetParam()->name, Precision::kBfloat16, 150), plain("plain", Precision::kBfloat16, 150);
  Head exact("plain", Precision::kFloat32, 150);
  const double expected = exact.train();
  EXPECT_NEAR(fused.train(), expected, 2e-3 * expected);
  plain.train();
  EXPECT_LT(l2_distance(fused.store.gradients(), exact.store.gradients()),
            1.5 * l2_distance(plain.store.gradients(), exact.store.gradients()));
}

TEST_P(FusedPredictionLossAtLevel, PredictsWhatTheLogitsSay) {
  const torch::NoGradGuard no_grad;
  Head fused(GetParam()->name, Precision::kFloat32, 40);
  const auto loss = fused.model->fused_prediction_loss(fused.hidden, fused.labels);
  ASSERT_TRUE(loss.has_value());
  EXPECT_TRUE(loss->predictions.equal(fused.model->prediction_logits(fused.hidden).argmax(-1)));
}

INSTANTIATE_TEST_SUITE_P(Levels, FusedPredictionLossAtLevel, ::testing::ValuesIn(supported_kernel_levels()),
                         [](const auto& info) { return info.param->name; });

TEST(FusedPredictionLoss, RefusesTheBackwardPassOfAnEarlierForwardPass) {
  Head fused("auto", Precision::kFloat32, 4);
  const auto first = fused.model->fused_prediction_loss(fused.hidden, fused.labels);
  const auto second = fused.model->fused_prediction_loss(fused.hidden, fused.labels);
  EXPECT_THROW(first->sum.backward(), Error);
  second->sum.backward();
}

TEST(FusedPredictionLoss, LeavesBatchesWithoutTargetsToThePlainPath) {
  Head fused("auto", Precision::kFloat32, 4);
  EXPECT_FALSE(fused.model->fused_prediction_loss(fused.hidden.narrow(0, 0, 0), torch::zeros({0}, torch::kLong)));
}

}  // namespace
}  // namespace bertforge
