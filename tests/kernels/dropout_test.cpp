#include "bertforge/kernels/dropout.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace bertforge {
namespace {

constexpr DropoutKey kKey = {.key = 0x1234'5678'9abc'def0, .layer = 3, .site = DropoutSite::kAttentionOutput};

std::vector<float> dropped_ones(const DropoutKey& key, std::uint32_t example, std::uint32_t row, double probability,
                                std::int64_t length) {
  std::vector<float> y(static_cast<std::size_t>(length), 1.0f);
  dropout_row(key, example, row, probability, length, y.data(), y.data());
  return y;
}

TEST(Dropout, RowsOfEveryLengthAgreeWithThePlainRule) {
  for (const std::int64_t length : {1, 7, 15, 16, 17, 127, 128, 129, 300}) {
    const auto y = dropped_ones(kKey, 5, 11, 0.3, length);
    for (std::uint32_t i = 0; i < y.size(); ++i) {
      EXPECT_EQ(y[i] != 0.0f, dropout_keeps(kKey, 5, 11, i, 0.3)) << "element " << i << " of " << length;
    }
  }
}

TEST(Dropout, KeepsEverythingAtProbabilityZero) {
  for (const float value : dropped_ones(kKey, 0, 0, 0.0, 333)) EXPECT_EQ(value, 1.0f);
}

TEST(Dropout, ScalesWhatItKeepsByTheProbabilityReallyUsed) {
  const double p = quantized_dropout_probability(0.1);
  EXPECT_NEAR(p, 0.1, 0x1p-17);
  for (const float value : dropped_ones(kKey, 1, 2, 0.1, 200)) {
    if (value != 0.0f) {
      EXPECT_FLOAT_EQ(value, static_cast<float>(1.0 / (1.0 - p)));
    }
  }
}

TEST(Dropout, DropsTheSameElementsInBfloat16AsInFloat) {
  std::vector<Bfloat16> y(301, to_bfloat16(1.0f));
  dropout_row(kKey, 4, 9, 0.25, 301, y.data(), y.data());
  const auto expected = dropped_ones(kKey, 4, 9, 0.25, 301);
  for (std::size_t i = 0; i < y.size(); ++i) EXPECT_EQ(y[i].bits != 0, expected[i] != 0.0f);
}

TEST(Dropout, RoundsBfloat16ToNearestEvenAndKeepsNaN) {
  // 3 * 2^-7 above 1 scaled by 4/3 (p = 0.25) is 1.3645833: between 1.3671875 and 1.359375, nearer to the first.
  std::vector<Bfloat16> y(64, Bfloat16{0x3f83}), nan(64, Bfloat16{0x7fc1});
  dropout_row(kKey, 0, 0, 0.25, 64, y.data(), y.data());
  dropout_row(kKey, 0, 0, 0.25, 64, nan.data(), nan.data());
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (y[i].bits != 0) {
      EXPECT_EQ(y[i].bits, 0x3faf);
    }
    EXPECT_TRUE(std::isnan(to_float(nan[i])));
  }
}

TEST(Dropout, DropsTheShareAskedForWithinFiveStandardDeviations) {
  double dropped = 0;
  constexpr int kRows = 500, kLength = 200;
  for (std::uint32_t row = 0; row < kRows; ++row) {
    for (const float value : dropped_ones(kKey, 0, row, 0.1, kLength)) dropped += value == 0.0f;
  }
  const double n = kRows * kLength;
  EXPECT_NEAR(dropped, 0.1 * n, 5 * std::sqrt(0.1 * 0.9 * n));
}

TEST(Dropout, AgreesByChanceOnlyWhereAnyPartOfTheKeyDiffers) {
  const auto base = dropped_ones(kKey, 3, 7, 0.5, 4096);
  DropoutKey other_key = kKey, other_layer = kKey, other_site = kKey;
  other_key.key += 1;
  other_layer.layer += 1;
  other_site.site = DropoutSite::kFeedForwardOutput;
  const std::vector<std::vector<float>> others = {
      dropped_ones(other_key, 3, 7, 0.5, 4096),  dropped_ones(other_layer, 3, 7, 0.5, 4096),
      dropped_ones(other_site, 3, 7, 0.5, 4096), dropped_ones(kKey, 4, 7, 0.5, 4096),
      dropped_ones(kKey, 3, 8, 0.5, 4096),
  };
  for (const auto& other : others) {
    int agreeing = 0;
    for (std::size_t i = 0; i < base.size(); ++i) agreeing += base[i] == other[i];
    EXPECT_NEAR(agreeing, 2048, 5 * 32);  // Standard deviation: sqrt(4096) / 2 = 32.
  }
}

TEST(Dropout, AttentionRowsOfDifferentHeadsAndQueriesAreDifferent) {
  EXPECT_NE(attention_row(0, 1), attention_row(1, 0));
  EXPECT_EQ(attention_row(2, 5), (2u << 16) | 5u);
}

}  // namespace
}  // namespace bertforge
