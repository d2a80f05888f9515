#include "bertforge/model/ops.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "bertforge/base/error.h"
#include "support/error_matchers.h"

namespace bertforge {
namespace {

constexpr DropoutKey kKey = {.key = 99, .layer = 2, .site = DropoutSite::kAttentionProbs};
constexpr double kProbability = 0.3;
constexpr std::int64_t kFirstExample = 40;

// Dropout of a tensor in every type the models compute in: float64 and float16 take the plain way, the others the kernel's.
class DropoutOp : public ::testing::TestWithParam<torch::ScalarType> {
 protected:
  torch::Tensor ones(std::vector<std::int64_t> shape) { return torch::ones(shape, GetParam()); }
};

TEST_P(DropoutOp, DropsHiddenStatesByExamplePositionAndElement) {
  const auto y = dropout(ones({3, 5, 19}), kProbability, kKey, kFirstExample).to(torch::kFloat);
  for (std::uint32_t b = 0; b < 3; ++b) {
    for (std::uint32_t t = 0; t < 5; ++t) {
      for (std::uint32_t h = 0; h < 19; ++h) {
        ASSERT_EQ(y[b][t][h].item<float>() != 0, dropout_keeps(kKey, kFirstExample + b, t, h, kProbability));
      }
    }
  }
}

TEST_P(DropoutOp, DropsAttentionProbabilitiesByExampleHeadQueryAndKey) {
  const auto y = dropout(ones({2, 3, 5, 5}), kProbability, kKey, kFirstExample).to(torch::kFloat);
  for (std::uint32_t b = 0; b < 2; ++b) {
    for (std::uint32_t a = 0; a < 3; ++a) {
      for (std::uint32_t q = 0; q < 5; ++q) {
        for (std::uint32_t k = 0; k < 5; ++k) {
          ASSERT_EQ(y[b][a][q][k].item<float>() != 0,
                    dropout_keeps(kKey, kFirstExample + b, attention_row(a, q), k, kProbability));
        }
      }
    }
  }
}

TEST_P(DropoutOp, PassesTheGradientThroughTheSameMask) {
  auto x = torch::randn({3, 5, 19}).to(GetParam()).set_requires_grad(true);
  dropout(x, kProbability, kKey, kFirstExample).backward(ones({3, 5, 19}));
  EXPECT_TRUE(x.grad().equal(dropout(ones({3, 5, 19}), kProbability, kKey, kFirstExample)));
}

TEST_P(DropoutOp, EqualsThePlainWayBitForBit) {
  torch::manual_seed(3);
  const auto x = torch::randn({2, 3, 7, 7}).to(GetParam());
  EXPECT_TRUE(dropout(x, kProbability, kKey, 1).equal(plain_dropout(x, kProbability, kKey, 1)));
}

TEST_P(DropoutOp, TakesTensorsThatDoNotLieInOneRun) {
  torch::manual_seed(3);
  const auto x = torch::randn({2, 7, 5}).to(GetParam()).transpose(1, 2);
  EXPECT_TRUE(dropout(x, kProbability, kKey, 1).equal(dropout(x.contiguous(), kProbability, kKey, 1)));
}

INSTANTIATE_TEST_SUITE_P(InEveryType, DropoutOp,
                         ::testing::Values(torch::kFloat, torch::kBFloat16, torch::kHalf, torch::kDouble));

TEST(EmbeddingLookup, SumsTheGradientOfARepeatedTokenInFloat32) {
  auto weight = torch::zeros({3, 1}, torch::kBFloat16).set_requires_grad(true);
  embedding_lookup(weight, torch::ones({1000}, torch::kLong)).sum().backward();
  // 1000 is a bfloat16 number; a sum kept in bfloat16 would stop at 256.
  EXPECT_EQ(weight.grad()[1].item<float>(), 1000.0f);
}

TEST(EmbeddingLookup, GivesThePaddingRowNoGradient) {
  auto weight = torch::zeros({3, 2}).set_requires_grad(true);
  embedding_lookup(weight, torch::tensor({0L, 1L, 0L}), 0).sum().backward();
  EXPECT_EQ(weight.grad()[0].sum().item<float>(), 0.0f);
  EXPECT_EQ(weight.grad()[1].sum().item<float>(), 2.0f);
}

// Longer than a group of 128, and with keys of more than 32 bits.
TEST(PlainDropout, EqualsTheKernelInEveryBitOfLongRows) {
  torch::manual_seed(3);
  const DropoutKey key = {.key = 0xfedcba9876543210, .layer = 23, .site = DropoutSite::kFeedForwardOutput};
  for (const std::int64_t length : {1, 127, 128, 129, 301}) {
    const auto x = torch::randn({2, 3, length});
    EXPECT_TRUE(dropout(x, 0.1, key, 1 << 30).equal(plain_dropout(x, 0.1, key, 1 << 30))) << length;
  }
}

TEST(PaddedLinear, EqualsTheProductWithoutPaddingAndSoDoItsGradients) {
  torch::manual_seed(3);
  const auto x = torch::randn({7, 5}), weight = torch::randn({99, 5}), bias = torch::randn({99});
  const auto toward = torch::randn({7, 99});
  std::vector<std::vector<torch::Tensor>> results;
  for (const std::int64_t unit : {1, 99, 128}) {
    std::vector<torch::Tensor> leaves;
    for (const auto& tensor : {x, weight, bias}) leaves.push_back(tensor.clone().set_requires_grad(true));
    const auto y = padded_linear(leaves[0], leaves[1], leaves[2], unit);
    y.backward(toward);
    results.push_back({y.detach(), leaves[0].grad(), leaves[1].grad(), leaves[2].grad()});
  }
  for (std::size_t i = 0; i < results[0].size(); ++i) {
    EXPECT_TRUE(results[1][i].equal(results[0][i])) << i;
    EXPECT_EQ(results[2][i].sizes(), results[0][i].sizes());
    EXPECT_TRUE(torch::allclose(results[2][i], results[0][i], 1e-5, 1e-5)) << i;
  }
}

TEST(Activation, HasGooglesGeluBesideTheExactOne) {
  const auto x = torch::tensor({1.0});
  EXPECT_NEAR(find_activation("gelu")(x).item<double>(), 0.841345, 1e-6);
  EXPECT_NEAR(find_activation("gelu_new")(x).item<double>(), 0.841192, 1e-6);
  EXPECT_ERROR(find_activation("gelou"), ErrorKind::kUsage, "did you mean gelu");
}

}  // namespace
}  // namespace bertforge
