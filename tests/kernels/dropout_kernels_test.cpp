#include "kernel_cases.h"

namespace bertforge::testing {
namespace {

class DropoutKernels : public KernelTest {};

constexpr DropoutKey kKey = {.key = 0x1234'5678'9abc'def0, .layer = 3, .site = DropoutSite::kAttentionOutput};

TEST_P(DropoutKernels, BitsOfRowsOfEveryLengthAgreeWithThePlainRuleAndEndInZeros) {
  for (const double probability : {0.0, 0.1, 0.3, 0.99}) {
    for (const std::int64_t length : {1, 7, 63, 64, 65, 127, 128, 129, 300}) {
      auto bits = filled<std::uint64_t>(bit_words(length), ~std::uint64_t{0});
      table().dropout_bits({kKey, probability}, 5, 11, length, bits.data());
      for (std::int64_t i = 0; i < 64 * bit_words(length); ++i) {
        const bool expected = i < length && dropout_keeps(kKey, 5, 11, static_cast<std::uint32_t>(i), probability);
        EXPECT_EQ((bits[i / 64] >> (i % 64) & 1) != 0, expected) << i << " of " << length;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Levels, DropoutKernels, ::testing::ValuesIn(supported_kernel_levels()), level_name);

}  // namespace
}  // namespace bertforge::testing
