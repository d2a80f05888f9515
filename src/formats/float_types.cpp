#include "bertforge/formats/float_types.h"

#include <bit>
#include <cmath>

namespace bertforge {

float bfloat16_to_float(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16); }

std::uint16_t float_to_bfloat16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  // A NaN whose upper half alone would read as infinite keeps one bit of its fraction.
  if (std::isnan(value)) return static_cast<std::uint16_t>((bits >> 16) | 0x40);
  const std::uint32_t half = 0x7fff + ((bits >> 16) & 1);
  return static_cast<std::uint16_t>((bits + half) >> 16);
}

float float16_to_float(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 0x1f;
  const int fraction = bits & 0x3ff;
  const float sign = (bits & 0x8000) != 0 ? -1.0f : 1.0f;
  if (exponent == 0x1f) {  // Built from bits: arithmetic might drop what a NaN carries.
    return std::bit_cast<float>((std::uint32_t{bits} & 0x8000) << 16 | 0x7f800000 |
                                static_cast<std::uint32_t>(fraction) << 13);
  }
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  return sign * std::ldexp(static_cast<float>(fraction | 0x400), exponent - 25);
}

std::uint16_t float_to_float16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000);
  if (std::isnan(value)) return sign | 0x7e00 | static_cast<std::uint16_t>((bits >> 13) & 0x3ff);
  const float magnitude = std::abs(value);
  if (magnitude >= 65520.0f) return sign | 0x7c00;
  // In units of the last place of a binary16 of this size; below 2^-14 the unit stays 2^-24.
  const int exponent = magnitude < 0x1p-14f ? -14 : std::ilogb(magnitude);
  const auto units = static_cast<std::uint32_t>(std::nearbyint(std::ldexp(magnitude, 10 - exponent)));
  // Units of 2048 carry into the exponent by themselves.
  return static_cast<std::uint16_t>(sign + ((static_cast<std::uint32_t>(exponent + 14) << 10) + units));
}

}  // namespace bertforge
