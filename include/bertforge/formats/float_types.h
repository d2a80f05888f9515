#pragma once
// Sixteen-bit floating-point numbers as bits: bfloat16 and IEEE binary16. Rounding is to nearest, ties to even.

#include <cstdint>

namespace bertforge {

float bfloat16_to_float(std::uint16_t bits);
std::uint16_t float_to_bfloat16(float value);  // NaN stays NaN; what is too large becomes infinite.

float float16_to_float(std::uint16_t bits);
std::uint16_t float_to_float16(float value);  // Likewise: above 65519 it is infinite.

}  // namespace bertforge
