#pragma once
// Products of matrices: C = s A B, or C += s A B.
//
//   C [M, N]   A [M, K]   B [K, N]   T  type of A and B, float or Bfloat16   Out  type of C, T or float
//
// A kernel makes one block of C. REQUIRES: K > 0. Every element is summed in float32 over K from its beginning, in
// parts of a fixed size, so that it is the same number however C is cut among threads.

#include <algorithm>
#include <cstdint>

#include "bertforge/base/round_up.h"

namespace bertforge {

// Element (row, column) is data[row * row_stride + column * column_stride]. Fast where one of the strides is 1.
template <class T>
struct MatrixView {
  const T* data = nullptr;
  std::int64_t row_stride = 0, column_stride = 0;

  MatrixView transposed() const { return {data, column_stride, row_stride}; }
};

template <class T, class Out>
struct Gemm {
  std::int64_t rows = 0, columns = 0, depth = 0;  // M, N, K
  MatrixView<T> a, b;
  Out* c = nullptr;
  std::int64_t c_stride = 0;  // Of rows; elements of a row are neighbours.
  bool accumulate = false;
  float scale = 1;
};

struct GemmBlock {  // Of C
  std::int64_t row_begin = 0, row_end = 0, column_begin = 0, column_end = 0;

  std::int64_t rows() const { return row_end - row_begin; }
  std::int64_t columns() const { return column_end - column_begin; }
};

constexpr std::int64_t kGemmDepth = 256;  // K is summed in parts of this many at most.
constexpr std::int64_t kGemmRows = 96;    // Rows of A that are packed at a time, but for "amx", which packs all.
// Blocks of multiples of these have no remainder inside of C, at any level: tiles have 4, 6, 12 or 32 rows, and 8, 16
// or 32 columns.
constexpr std::int64_t kGemmRowUnit = 96, kGemmColumnUnit = 32;

// Floats of memory that a block of that size takes: packed parts of A and B, and then the block itself, for where C
// cannot hold its sums. Multiples of a cache line.
constexpr std::int64_t gemm_packed_size(std::int64_t rows, std::int64_t columns) {
  // As floats, with room for what packing's last vector brings too much; or as bfloat16, all rows at once.
  const std::int64_t floats = (kGemmRows + round_up(columns, kGemmColumnUnit) + kGemmColumnUnit) * kGemmDepth;
  const std::int64_t pairs = (round_up(rows, kGemmColumnUnit) + round_up(columns, kGemmColumnUnit)) * kGemmDepth / 2;
  return std::max(floats, pairs);
}
constexpr std::int64_t gemm_scratch_size(std::int64_t rows, std::int64_t columns) {
  return gemm_packed_size(rows, columns) + round_up(rows, kGemmColumnUnit) * round_up(columns, kGemmColumnUnit);
}

// How large blocks may become, in multiples of the units: a level's affair, with what it keeps in which cache.
struct GemmLimits {
  std::int64_t rows = 768, columns = 512;
};

// How C is cut: a grid of blocks of like size, at least two a thread where C is large enough.
struct GemmGrid {
  std::int64_t rows = 0, columns = 0;              // Of C
  std::int64_t block_rows = 0, block_columns = 0;  // Of a block, at most

  std::int64_t row_blocks() const { return (rows + block_rows - 1) / block_rows; }
  std::int64_t size() const { return row_blocks() * ((columns + block_columns - 1) / block_columns); }
  GemmBlock block(std::int64_t index) const {
    const std::int64_t row = index % row_blocks() * block_rows, column = index / row_blocks() * block_columns;
    return {row, std::min(row + block_rows, rows), column, std::min(column + block_columns, columns)};
  }
  std::int64_t scratch_size() const { return gemm_scratch_size(block_rows, block_columns); }
};
GemmGrid gemm_grid(std::int64_t rows, std::int64_t columns, std::int64_t num_threads, GemmLimits limits = {});

}  // namespace bertforge
