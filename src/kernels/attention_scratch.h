#pragma once
// How attention cuts its work, and the memory that takes: what attention_kernels.h carves out of its scratch.

#include <cstdint>

#include "bertforge/base/round_up.h"

namespace bertforge::simd {

constexpr std::int64_t kQueryBlock = 48;  // Queries at a time.

// Floats of the backward pass, the larger one, where rows are whole multiples of `pair`, two vectors.
constexpr std::int64_t attention_floats(std::int64_t length, std::int64_t head_size, std::int64_t pair) {
  const std::int64_t key_columns = round_up(length, pair), columns = round_up(head_size, pair);
  return 2 * head_size * key_columns + 3 * length * columns + 3 * kQueryBlock * columns + 2 * kQueryBlock * key_columns;
}

constexpr std::int64_t kAmxUnit = 32;      // Sizes by tiles are multiples of this.
constexpr std::int64_t kAmxQueries = 128;  // Queries whose probabilities are there at a time, in the backward pass.

// The same of the kernel that multiplies by tiles, in words of 32 bits.
constexpr std::int64_t amx_attention_floats(std::int64_t length, std::int64_t head_size) {
  const std::int64_t keys = round_up(length, kAmxUnit), columns = round_up(head_size, kAmxUnit);
  return 6 * keys * columns + (2 * kAmxUnit + 3 * kAmxQueries / 2) * keys + 3 * kAmxQueries / 2 * columns;
}

}  // namespace bertforge::simd
