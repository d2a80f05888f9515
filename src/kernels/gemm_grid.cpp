#include "bertforge/kernels/gemm.h"

namespace bertforge {
namespace {

// The size of each of `count` like parts, whole units.
std::int64_t part_of(std::int64_t size, std::int64_t count, std::int64_t unit) {
  return round_up((size + count - 1) / count, unit);
}

}  // namespace

GemmGrid gemm_grid(std::int64_t rows, std::int64_t columns, std::int64_t num_threads, GemmLimits limits) {
  // By default: a packed part of B of 512 KB stays in the second or third cache; each of its elements is packed once for
  // 768 rows.
  constexpr std::int64_t kLeastColumns = 64, kBlocksPerThread = 2;
  GemmGrid grid = {rows, columns, limits.rows, limits.columns};
  while (grid.size() < kBlocksPerThread * num_threads) {
    const bool can_halve_rows = grid.block_rows > kGemmRowUnit, can_halve_columns = grid.block_columns > kLeastColumns;
    if (!can_halve_rows && !can_halve_columns) break;
    if (can_halve_rows && (grid.block_rows >= grid.block_columns || !can_halve_columns)) {
      grid.block_rows = part_of(grid.block_rows, 2, kGemmRowUnit);
    } else {
      grid.block_columns = part_of(grid.block_columns, 2, kGemmColumnUnit);
    }
  }
  if (grid.size() == 0) return grid;
  // The last block would be a rest: all as large as it takes.
  grid.block_columns = part_of(columns, grid.size() / grid.row_blocks(), kGemmColumnUnit);
  grid.block_rows = part_of(rows, grid.row_blocks(), kGemmRowUnit);
  return grid;
}

}  // namespace bertforge
