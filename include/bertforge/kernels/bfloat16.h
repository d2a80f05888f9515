#pragma once
// bfloat16 as kernels see it: the upper half of a float's bits. The same layout as c10::BFloat16.

#include <bit>
#include <cstdint>

namespace bertforge {

struct Bfloat16 {
  std::uint16_t bits = 0;
};

// Files of different instruction sets call these: were they not inlined, the linker would keep one set's copy for all.
[[gnu::always_inline]] constexpr float to_float(float x) { return x; }
[[gnu::always_inline]] constexpr float to_float(Bfloat16 x) {
  return std::bit_cast<float>(std::uint32_t{x.bits} << 16);
}

// Rounds to nearest even.
constexpr Bfloat16 to_bfloat16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  // A NaN must stay one: rounding could carry its mantissa away.
  const bool is_nan = (bits & 0x7fffffff) > 0x7f800000;
  return {static_cast<std::uint16_t>(is_nan ? (bits >> 16) | 0x40 : rounded)};
}

}  // namespace bertforge
