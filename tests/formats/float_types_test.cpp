#include "bertforge/formats/float_types.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace bertforge {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(BFloat16, EveryValueComesBack) {
  for (std::uint32_t bits = 0; bits <= 0xffff; ++bits) {
    const float value = bfloat16_to_float(static_cast<std::uint16_t>(bits));
    const std::uint16_t back = float_to_bfloat16(value);
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(bfloat16_to_float(back))) << bits;
    } else {
      EXPECT_EQ(back, bits);
    }
  }
}

TEST(BFloat16, RoundsToNearestAndTiesToEven) {
  EXPECT_EQ(float_to_bfloat16(1.0f), 0x3f80);
  EXPECT_EQ(float_to_bfloat16(std::bit_cast<float>(0x3f807fffu)), 0x3f80);
  EXPECT_EQ(float_to_bfloat16(std::bit_cast<float>(0x3f808000u)), 0x3f80);  // A tie, down to even.
  EXPECT_EQ(float_to_bfloat16(std::bit_cast<float>(0x3f808001u)), 0x3f81);
  EXPECT_EQ(float_to_bfloat16(std::bit_cast<float>(0x3f818000u)), 0x3f82);  // A tie, up to even.
}

TEST(BFloat16, WhatIsTooLargeBecomesInfinite) {
  EXPECT_EQ(bfloat16_to_float(float_to_bfloat16(std::numeric_limits<float>::max())), kInfinity);
  EXPECT_EQ(bfloat16_to_float(float_to_bfloat16(-kInfinity)), -kInfinity);
}

TEST(BFloat16, NanStaysNanWhateverItsFraction) {
  EXPECT_TRUE(std::isnan(bfloat16_to_float(float_to_bfloat16(kNan))));
  EXPECT_TRUE(std::isnan(bfloat16_to_float(float_to_bfloat16(std::bit_cast<float>(0x7f800001u)))));
  EXPECT_TRUE(std::isnan(bfloat16_to_float(float_to_bfloat16(std::bit_cast<float>(0x7fffffffu)))));
}

TEST(Float16, EveryValueComesBack) {
  for (std::uint32_t bits = 0; bits <= 0xffff; ++bits) {
    const float value = float16_to_float(static_cast<std::uint16_t>(bits));
    const std::uint16_t back = float_to_float16(value);
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(float16_to_float(back))) << bits;
    } else {
      EXPECT_EQ(back, bits);
    }
  }
}

TEST(Float16, HasTheValuesOfTheStandard) {
  EXPECT_EQ(float16_to_float(0x3c00), 1.0f);
  EXPECT_EQ(float16_to_float(0xc000), -2.0f);
  EXPECT_EQ(float16_to_float(0x7bff), 65504.0f);
  EXPECT_EQ(float16_to_float(0x0001), 0x1p-24f);
  EXPECT_EQ(float16_to_float(0x7c00), kInfinity);
}

TEST(Float16, RoundsToNearestAndTiesToEven) {
  EXPECT_EQ(float_to_float16(1.0f + 0x1p-11f), 0x3c00);
  EXPECT_EQ(float_to_float16(1.0f + 0x1.8p-10f), 0x3c02);
  EXPECT_EQ(float_to_float16(0x1p-25f), 0x0000);
  EXPECT_EQ(float_to_float16(0x1.8p-24f), 0x0002);
}

TEST(Float16, RoundingCarriesIntoTheExponent) {
  EXPECT_EQ(float_to_float16(2.0f - 0x1p-12f), 0x4000);
  EXPECT_EQ(float_to_float16(65519.996f), 0x7bff);
  EXPECT_EQ(float_to_float16(65520.0f), 0x7c00);
}

}  // namespace
}  // namespace bertforge
