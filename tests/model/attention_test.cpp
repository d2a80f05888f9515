#include "bertforge/model/attention.h"

#include <gtest/gtest.h>
#include <torch/types.h>

namespace bertforge {
namespace {

// Three sequences of 7, 5 and 2 tokens, four heads of 8.
torch::Tensor odd_mask() { return torch::arange(7).unsqueeze(0) < torch::tensor({7L, 5L, 2L}).unsqueeze(1); }

// softmax(Q K^T / sqrt(d) + bias) V, written out.
torch::Tensor attend(const torch::Tensor& queries, const torch::Tensor& keys, const torch::Tensor& values,
                     const torch::Tensor& bias) {
  auto scores = torch::matmul(queries, keys.transpose(-1, -2)) / std::sqrt(static_cast<double>(queries.size(-1)));
  if (bias.defined()) scores = scores + bias;
  return torch::matmul(torch::softmax(scores, -1), values);
}

TEST(Attention, ByScaledDotProductAttentionIsTheSameWithItsGradients) {
  for (const bool is_padded : {false, true}) {
    const auto bias = attention_bias(is_padded ? odd_mask() : torch::Tensor(), torch::kDouble);
    const auto toward = [&] { return torch::manual_seed(8), torch::randn({3, 4, 7, 8}, torch::kDouble); }();
    std::vector<std::vector<torch::Tensor>> results;
    for (const auto& attention : {attend, attend_by_sdpa}) {
      torch::manual_seed(5);
      std::vector<torch::Tensor> leaves;
      for (int i = 0; i < 3; ++i) {
        leaves.push_back(torch::randn({3, 4, 7, 8}, torch::kDouble).set_requires_grad(true));
      }
      const auto context = attention(leaves[0], leaves[1], leaves[2], bias);
      context.backward(toward);
      results.push_back({context.detach(), leaves[0].grad(), leaves[1].grad(), leaves[2].grad()});
    }
    for (std::size_t i = 0; i < results[0].size(); ++i) {
      EXPECT_TRUE(torch::allclose(results[1][i], results[0][i], 1e-12, 1e-12)) << i << ", padded: " << is_padded;
    }
  }
}

TEST(AttentionBias, IsFiniteInEveryTypeAndHidesPadding) {
  for (const auto type : {torch::kFloat, torch::kDouble, torch::kBFloat16, torch::kHalf}) {
    const auto bias = attention_bias(odd_mask(), type);
    EXPECT_EQ(bias.sizes(), (std::vector<std::int64_t>{3, 1, 1, 7}));
    EXPECT_TRUE(torch::isfinite(bias).all().item<bool>()) << type;
    EXPECT_TRUE(
        torch::softmax(bias.to(torch::kFloat), -1)[2][0][0].equal(torch::tensor({0.5f, 0.5f, 0.f, 0.f, 0.f, 0.f, 0.f})))
        << type;
  }
}

}  // namespace
}  // namespace bertforge
