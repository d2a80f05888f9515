#pragma once
// C = A B (or C += A B) for matrices that fit the caches: the products inside of attention.
//
// A tile of C stays in registers, kTileRows rows of two vectors, while k runs: each step loads two vectors of B,
// broadcasts an element of A for each row, and does 2 * kTileRows multiply-adds. A may be transposed, it is read
// element by element; rows of B and C are whole pairs of vectors (padded_columns), so that there is no remainder.
//
// Bound by arithmetic: 12 independent multiply-adds in flight for 2 loads and 6 broadcasts.

#include "attention_scratch.h"
#include "bertforge/kernels/gemm.h"
#include "simd.h"

namespace bertforge::simd {

// Six rows of two vectors and their operands are what 16 registers hold; 32 registers do not make more rows faster, the
// broadcasts being the same share.
constexpr int kTileRows = 6;

template <class Level>
constexpr std::int64_t padded_columns(std::int64_t columns) {
  return round_up(columns, 2 * Level::kLanes);
}

template <class Level, int kRows, bool kAccumulate>
BERTFORGE_INLINE void gemm_tile(std::int64_t depth, MatrixView<float> a, const float* b, std::int64_t b_stride,
                                float* c, std::int64_t c_stride) {
  constexpr int kLanes = Level::kLanes;
  Floats<Level> left[kRows], right[kRows];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
    left[r] = kAccumulate ? load<Level>(c + r * c_stride) : Floats<Level>{};
    right[r] = kAccumulate ? load<Level>(c + r * c_stride + kLanes) : Floats<Level>{};
  }
  for (std::int64_t k = 0; k < depth; ++k) {
    const Floats<Level> b_left = load<Level>(b + k * b_stride), b_right = load<Level>(b + k * b_stride + kLanes);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const Floats<Level> factor = splat<Level>(a.data[r * a.row_stride + k * a.column_stride]);
      left[r] += factor * b_left;
      right[r] += factor * b_right;
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
    store<Level>(left[r], c + r * c_stride);
    store<Level>(right[r], c + r * c_stride + kLanes);
  }
}

template <class Level, int kRows, bool kAccumulate>
BERTFORGE_INLINE void gemm_row_block(std::int64_t columns, std::int64_t depth, MatrixView<float> a, const float* b,
                                     std::int64_t b_stride, float* c, std::int64_t c_stride) {
  for (std::int64_t n = 0; n < columns; n += 2 * Level::kLanes) {
    gemm_tile<Level, kRows, kAccumulate>(depth, a, b + n, b_stride, c + n, c_stride);
  }
}

// C [rows, columns] from A [rows, depth] and B [depth, columns]. REQUIRES: columns is padded_columns() of something.
template <class Level, bool kAccumulate>
[[gnu::noinline]] void small_gemm(std::int64_t rows, std::int64_t columns, std::int64_t depth, MatrixView<float> a,
                                  const float* b, std::int64_t b_stride, float* c, std::int64_t c_stride) {
  std::int64_t row = 0;
  const auto block = [&](auto num_rows) {
    const MatrixView<float> part = {a.data + row * a.row_stride, a.row_stride, a.column_stride};
    gemm_row_block<Level, decltype(num_rows)::value, kAccumulate>(columns, depth, part, b, b_stride, c + row * c_stride,
                                                                  c_stride);
    row += decltype(num_rows)::value;
  };
  while (row + kTileRows <= rows) block(std::integral_constant<int, kTileRows>());
  while (row + 2 <= rows) block(std::integral_constant<int, 2>());
  if (row < rows) block(std::integral_constant<int, 1>());
}

}  // namespace bertforge::simd
