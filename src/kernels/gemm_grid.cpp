#include "bertforge/kernels/gemm.h"

namespace bertforge {
namespace {

std::int64_t half(std::int64_t size, std::int64_t unit) { return (size / 2 + unit - 1) / unit * unit; }

}  // namespace

GemmGrid gemm_grid(std::int64_t rows, std::int64_t columns, std::int64_t num_threads) {
  // A packed part of B of 512 KB stays in the second or third cache; each of its elements is packed once for 768 rows.
  constexpr std::int64_t kMostRows = 768, kMostColumns = 512, kLeastRows = 48, kLeastColumns = 64, kBlocksPerThread = 2;
  GemmGrid grid = {rows, columns, kMostRows, kMostColumns};
  while (grid.size() < kBlocksPerThread * num_threads) {
    const bool can_halve_rows = grid.block_rows > kLeastRows, can_halve_columns = grid.block_columns > kLeastColumns;
    if (!can_halve_rows && !can_halve_columns) break;
    if (can_halve_rows && (grid.block_rows >= grid.block_columns || !can_halve_columns)) {
      grid.block_rows = half(grid.block_rows, kGemmRowUnit);
    } else {
      grid.block_columns = half(grid.block_columns, kGemmColumnUnit);
    }
  }
  return grid;
}

}  // namespace bertforge
