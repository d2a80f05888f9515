#pragma once
// C = s A B in bfloat16 by Intel's AMX: tiles of 16 rows of 64 bytes in registers, one instruction for 16 x 16 x 32
// multiply-adds.
//
// The blocking of gemm_kernels.h, with tiles for vectors: K in parts of kAmxDepth; A is packed into tiles of 16 rows by
// 16 pairs of k, B into tiles of 16 pairs of k by 16 columns; 2 x 2 tiles of C stay in registers while k runs. A pair
// of k is one word of 32 bits, so that packing moves words: what lies the other way is transposed, 16 x 16 words at a
// time.
//
// Bound by what the second cache gives: 4 tiles (4 KB) are loaded for 4 products (64 cycles). With parts of 512 of K
// two strips of B (32 KB) stay in the first cache. Checked on an emulated CPU (Bochs 3.0); not measured yet.

#include <immintrin.h>

#include "bertforge/kernels/gemm.h"
#include "gemm_kernels.h"

namespace bertforge::simd {

constexpr std::int64_t kAmxDepth = 2 * kGemmDepth;                               // As many bytes as kGemmDepth floats.
constexpr std::int64_t kTileItems = 16, kTilePairs = 16;                         // Rows of A, columns of B; pairs of k
constexpr std::int64_t kTileDepth = 2 * kTilePairs;                              // k
constexpr std::int64_t kTileWords = kTileItems * kTilePairs;                     // 1 KB
constexpr std::int64_t kAmxRows = 2 * kTileItems, kAmxColumns = 2 * kTileItems;  // Of C in registers

static_assert(kGemmRowUnit % kAmxRows == 0 && kGemmRows % kAmxRows == 0 && kGemmColumnUnit % kAmxColumns == 0);

// How the eight tile registers are used: 16 rows of 64 bytes each.
struct alignas(64) TileConfig {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t bytes_per_row[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

constexpr TileConfig kTileConfig;

// The tile registers of this thread, for as long as it lives.
class TileRegisters {
 public:
  TileRegisters() {
    asm volatile("ldtilecfg %0" ::"m"(kTileConfig) : "memory");  // GCC 12 may drop what _tile_loadconfig should read.
  }
  ~TileRegisters() { _tile_release(); }
  TileRegisters(const TileRegisters&) = delete;
  TileRegisters& operator=(const TileRegisters&) = delete;
};

// A square of words, items by pairs of k or the other way round.
template <class Level>
struct WordTile {
  Floats<Level> rows[16];
};

// A tile from bfloat16s anywhere: zeros where there is no item or no k.
template <class Level>
BERTFORGE_INLINE WordTile<Level> gather_tile(const StripSource<Bfloat16>& from, std::int64_t item, std::int64_t k,
                                             std::int64_t depth) {
  Bfloat16 halves[kTileItems][kTileDepth];
  std::memset(static_cast<void*>(halves), 0, sizeof halves);
  for (std::int64_t i = 0; i < kTileItems && item + i < from.num_items; ++i) {
    for (std::int64_t j = 0; j < kTileDepth && k + j < depth; ++j) {
      halves[i][j] = from.data[(item + i) * from.item_stride + (k + j) * from.depth_stride];
    }
  }
  WordTile<Level> tile;
  std::memcpy(static_cast<void*>(&tile), static_cast<const void*>(halves), sizeof tile);
  return tile;
}

// One tile of 16 items from `item` and 16 pairs of k from `k`; kItemsFirst: rows are items, as tiles of A have them.
template <class Level, bool kItemsFirst>
BERTFORGE_INLINE void pack_tile(const StripSource<Bfloat16>& from, std::int64_t item, std::int64_t k,
                                std::int64_t depth, std::uint32_t* packed) {
  static_assert(Level::kLanes == kTilePairs);
  const bool is_whole = item + kTileItems <= from.num_items && k + kTileDepth <= depth;
  const Bfloat16* const origin = from.data + item * from.item_stride + k * from.depth_stride;
  WordTile<Level> tile;
  bool has_items_first = true;
  if (is_whole && from.depth_stride == 1) {
    for (std::int64_t i = 0; i < kTileItems; ++i) {
      std::memcpy(static_cast<void*>(&tile.rows[i]), static_cast<const void*>(origin + i * from.item_stride), 64);
    }
  } else if (is_whole && from.item_stride == 1) {
    has_items_first = false;
    for (std::int64_t pair = 0; pair < kTilePairs; ++pair) {
      const Bfloat16* const row = origin + 2 * pair * from.depth_stride;
      const auto even = load_elements<Halves<Level>>(row, All<Level>());
      const auto odd = load_elements<Halves<Level>>(row + from.depth_stride, All<Level>());
      tile.rows[pair] = bit_cast<Floats<Level>>(__builtin_convertvector(even, Words<Level>) |
                                                (__builtin_convertvector(odd, Words<Level>) << 16));
    }
  } else {
    tile = gather_tile<Level>(from, item, k, depth);
  }
  if (has_items_first != kItemsFirst) transpose<Level>(tile.rows);
  std::memcpy(packed, &tile, sizeof tile);
}

// Strips of 16 items, each its tiles in the order of k; two by two.
template <class Level, bool kItemsFirst>
[[gnu::noinline]] void pack_tiles(const StripSource<Bfloat16>& from, std::int64_t depth, std::uint32_t* packed) {
  for (std::int64_t item = 0; item < round_up(from.num_items, 2 * kTileItems); item += kTileItems) {
    for (std::int64_t k = 0; k < depth; k += kTileDepth, packed += kTileWords) {
      pack_tile<Level, kItemsFirst>(from, item, k, depth, packed);
    }
  }
}

// 2 x 2 tiles of C [32, 32] from two strips of A and of B, `strip` words each.
BERTFORGE_INLINE void multiply_tiles(std::int64_t num_tiles, std::int64_t strip, const std::uint32_t* a,
                                     const std::uint32_t* b, float* c) {
  constexpr std::int64_t kBytes = 64, kStride = kAmxColumns * sizeof(float);
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  asm volatile("" ::: "memory");  // GCC 12 does not know that tiles are read from memory: what was packed is there now.
  for (std::int64_t i = 0; i < num_tiles * kTileWords; i += kTileWords) {
    _tile_loadd(4, a + i, kBytes);
    _tile_loadd(6, b + i, kBytes);
    _tile_loadd(7, b + strip + i, kBytes);
    _tile_loadd(5, a + strip + i, kBytes);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, c, kStride);
  _tile_stored(1, c + kTileItems, kStride);
  _tile_stored(2, c + kTileItems * kAmxColumns, kStride);
  _tile_stored(3, c + kTileItems * kAmxColumns + kTileItems, kStride);
}

// c (+)= scale tile, the first rows and columns of it.
template <class Level, class Out>
BERTFORGE_INLINE void store_tile(const float* tile, float scale, Out* c, std::int64_t c_stride, bool accumulate,
                                 std::int64_t rows, std::int64_t columns) {
  for (std::int64_t r = 0; r < rows; ++r) {
    for_vectors<Level>(columns, [&](std::int64_t j, auto count) {
      const Floats<Level> value = scale * load<Level>(tile + r * kAmxColumns + j, count);
      Out* const to = c + r * c_stride + j;
      store<Level>(accumulate ? load<Level>(to, count) + value : value, to, count);
    });
  }
}

// One part of K: what the packed strips of A, `rows` of them, and of B give is added to `c`, or written there.
template <class Level, class Out>
[[gnu::noinline]] void multiply_tile_strips(std::int64_t rows, std::int64_t columns, std::int64_t depth,
                                            const std::uint32_t* a, const std::uint32_t* b, float scale, Out* c,
                                            std::int64_t c_stride, bool accumulate) {
  const std::int64_t num_tiles = round_up(depth, kTileDepth) / kTileDepth, strip = num_tiles * kTileWords;
  alignas(64) float tile[kAmxRows * kAmxColumns];
  for (std::int64_t j = 0; j < columns; j += kAmxColumns) {
    for (std::int64_t i = 0; i < rows; i += kAmxRows) {
      multiply_tiles(num_tiles, strip, a + i / kTileItems * strip, b + j / kTileItems * strip, tile);
      store_tile<Level>(tile, scale, c + i * c_stride + j, c_stride, accumulate,
                        rows - i < kAmxRows ? rows - i : kAmxRows,
                        columns - j < kAmxColumns ? columns - j : kAmxColumns);
    }
  }
}

// A block of C; `scratch` has gemm_scratch_size() floats. REQUIRES: depth > 0.
template <class Level, class Out>
void amx_gemm(const Gemm<Bfloat16, Out>& gemm, const GemmBlock& block, float* scratch) {
  const TileRegisters registers;
  const std::int64_t rows = block.rows(), columns = block.columns();
  Out* const c = gemm.c + block.row_begin * gemm.c_stride + block.column_begin;
  auto* const packed_b = reinterpret_cast<std::uint32_t*>(scratch);
  std::uint32_t* const packed_a = packed_b + round_up(columns, kAmxColumns) * kAmxDepth / 2;
  float* const sums = scratch + gemm_packed_size(columns);  // Of several parts of K, where C cannot hold them.

  for (std::int64_t k = 0; k < gemm.depth; k += kAmxDepth) {
    const std::int64_t depth = gemm.depth - k < kAmxDepth ? gemm.depth - k : kAmxDepth;
    const bool is_first = k == 0, is_last = k + depth == gemm.depth;
    const Bfloat16* const b = gemm.b.data + k * gemm.b.row_stride + block.column_begin * gemm.b.column_stride;
    pack_tiles<Level, false>({b, gemm.b.column_stride, gemm.b.row_stride, columns}, depth, packed_b);
    for (std::int64_t first = 0; first < rows; first += kGemmRows) {
      const std::int64_t part_rows = rows - first < kGemmRows ? rows - first : kGemmRows;
      const Bfloat16* const a = gemm.a.data + (block.row_begin + first) * gemm.a.row_stride + k * gemm.a.column_stride;
      pack_tiles<Level, true>({a, gemm.a.row_stride, gemm.a.column_stride, part_rows}, depth, packed_a);
      Out* const to = c + first * gemm.c_stride;
      float* const part_sums = sums + first * columns;
      if (std::is_same_v<Out, float> || (is_first && is_last)) {
        multiply_tile_strips<Level>(part_rows, columns, depth, packed_a, packed_b, gemm.scale, to, gemm.c_stride,
                                    gemm.accumulate || !is_first);
        continue;
      }
      multiply_tile_strips<Level>(part_rows, columns, depth, packed_a, packed_b, gemm.scale, part_sums, columns,
                                  !is_first);
      if (!is_last) continue;
      for (std::int64_t i = 0; i < part_rows; ++i) {
        store_sums<Level>(part_sums + i * columns, columns, to + i * gemm.c_stride, gemm.accumulate);
      }
    }
  }
}

}  // namespace bertforge::simd
