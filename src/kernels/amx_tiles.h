#pragma once
// Tiles of Intel's AMX: 16 rows of 64 bytes in a register, one instruction for 16 x 16 x 32 multiply-adds of bfloat16.
//
// A tile of A is 16 rows by 16 pairs of k, one of B 16 pairs of k by 16 columns. A pair of k is one word of 32 bits, so
// that packing moves words: what lies the other way is transposed, 16 x 16 words at a time. 2 x 2 tiles of C stay in
// registers while k runs: 4 tiles (4 KB) are loaded for 4 products (64 cycles), which takes 80 cycles from the first
// cache and 110 from the second. Measured on an Intel Xeon: alone a tile is loaded in 10 cycles, but between products in
// 60 to 90 at times, whatever the order, as if registers were lacking; so it is their number that counts, and no
// blocking of eight registers needs fewer.

#include <immintrin.h>

#include "bertforge/kernels/gemm.h"
#include "gemm_kernels.h"

namespace bertforge::simd {

constexpr std::int64_t kTileItems = 16, kTilePairs = 16;                         // Rows of A, columns of B; pairs of k
constexpr std::int64_t kTileDepth = 2 * kTilePairs;                              // k
constexpr std::int64_t kTileWords = kTileItems * kTilePairs;                     // 1 KB
constexpr std::int64_t kAmxRows = 2 * kTileItems, kAmxColumns = 2 * kTileItems;  // Of C in registers

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
  BERTFORGE_INLINE TileRegisters() {
    asm volatile("ldtilecfg %0" ::"m"(kTileConfig) : "memory");  // GCC 12 may drop what _tile_loadconfig should read.
  }
  BERTFORGE_INLINE ~TileRegisters() { _tile_release(); }
  TileRegisters(const TileRegisters&) = delete;
  TileRegisters& operator=(const TileRegisters&) = delete;
};

// A square of words, items by pairs of k or the other way round.
template <class Level>
using WordTile = Floats<Level>[kTilePairs];

// A tile of bfloat16s anywhere: zeros where there is no item or no k.
template <class Level, bool kItemsFirst>
[[gnu::noinline]] void pack_edge_tile(const StripSource<Bfloat16>& from, std::int64_t item, std::int64_t k,
                                      std::int64_t depth, std::uint32_t* packed) {
  Bfloat16 halves[kTileItems][kTileDepth];
  std::memset(static_cast<void*>(halves), 0, sizeof halves);
  for (std::int64_t i = 0; i < kTileItems && item + i < from.num_items; ++i) {
    for (std::int64_t j = 0; j < kTileDepth && k + j < depth; ++j) {
      halves[i][j] = from.data[(item + i) * from.item_stride + (k + j) * from.depth_stride];
    }
  }
  WordTile<Level> tile;
  std::memcpy(static_cast<void*>(tile), static_cast<const void*>(halves), sizeof tile);
  if constexpr (!kItemsFirst) transpose<Level>(tile);
  std::memcpy(packed, tile, sizeof tile);
}

// Tiles of items that lie along k, 16 rows of 32: rows are items, as tiles of A have them, or turned.
template <class Level, bool kItemsFirst>
BERTFORGE_INLINE void pack_tile_along_depth(const Bfloat16* items, std::int64_t item_stride, std::uint32_t* packed) {
  WordTile<Level> tile;
#pragma GCC unroll 16
  for (int i = 0; i < kTileItems; ++i) {
    std::memcpy(static_cast<void*>(&tile[i]), static_cast<const void*>(items + i * item_stride), 64);
  }
  if constexpr (!kItemsFirst) transpose<Level>(tile);
#pragma GCC unroll 16
  for (int i = 0; i < kTilePairs; ++i) store<Level>(tile[i], reinterpret_cast<float*>(packed) + i * kTilePairs);
}

// A tile of 16 items that are neighbours, 32 rows of them.
template <class Level, bool kItemsFirst>
BERTFORGE_INLINE void pack_neighbour_tile(const Bfloat16* rows, std::int64_t depth_stride, std::uint32_t* packed) {
  WordTile<Level> tile;
#pragma GCC unroll 16
  for (int pair = 0; pair < kTilePairs; ++pair) {
    const Bfloat16* const row = rows + 2 * pair * depth_stride;
    const auto even = load_elements<Halves<Level>>(row, All<Level>());
    const auto odd = load_elements<Halves<Level>>(row + depth_stride, All<Level>());
    tile[pair] = bit_cast<Floats<Level>>(widen<Level>(even) | (widen<Level>(odd) << 16));
  }
  if constexpr (kItemsFirst) transpose<Level>(tile);
#pragma GCC unroll 16
  for (int i = 0; i < kTilePairs; ++i) store<Level>(tile[i], reinterpret_cast<float*>(packed) + i * kTilePairs);
}

// Strips of 16 items, each its tiles in the order of k; two by two. kItemsFirst: as A has them, else as B. Memory is
// read along its rows.
template <class Level, bool kItemsFirst>
[[gnu::noinline]] void pack_tiles(const StripSource<Bfloat16>& from, std::int64_t depth, std::uint32_t* packed) {
  static_assert(Level::kLanes == kTilePairs);
  const std::int64_t strip = round_up(depth, kTileDepth) / kTileDepth * kTileWords;
  const std::int64_t num_items = round_up(from.num_items, 2 * kTileItems);
  const auto place = [&](std::int64_t item, std::int64_t k) {
    return packed + item / kTileItems * strip + k / kTileDepth * kTileWords;
  };
  const auto origin = [&](std::int64_t item, std::int64_t k) {
    return from.data + item * from.item_stride + k * from.depth_stride;
  };
  const auto is_whole = [&](std::int64_t item, std::int64_t k) {
    return item + kTileItems <= from.num_items && k + kTileDepth <= depth;
  };
  if (from.item_stride == 1) {
    for (std::int64_t k = 0; k < depth; k += kTileDepth) {
      for (std::int64_t item = 0; item < num_items; item += kTileItems) {
        if (is_whole(item, k)) {
          pack_neighbour_tile<Level, kItemsFirst>(origin(item, k), from.depth_stride, place(item, k));
        } else {
          pack_edge_tile<Level, kItemsFirst>(from, item, k, depth, place(item, k));
        }
      }
    }
    return;
  }
  for (std::int64_t item = 0; item < num_items; item += kTileItems) {
    for (std::int64_t k = 0; k < depth; k += kTileDepth) {
      if (is_whole(item, k) && from.depth_stride == 1) {
        pack_tile_along_depth<Level, kItemsFirst>(origin(item, k), from.item_stride, place(item, k));
      } else {
        pack_edge_tile<Level, kItemsFirst>(from, item, k, depth, place(item, k));
      }
    }
  }
}

// 2 x 2 tiles of C [32, 32] from two strips of A and of B, `strip` words each; with kAccumulate they are added to it.
// meanwhile() is called `num_tiles` times between products: other work that the vector units do while tiles multiply.
// REQUIRES: num_tiles > 0.
template <bool kAccumulate, class Meanwhile>
BERTFORGE_INLINE void multiply_tiles(std::int64_t num_tiles, std::int64_t strip, const std::uint32_t* a,
                                     const std::uint32_t* b, float* c, std::int64_t c_stride,
                                     const Meanwhile& meanwhile) {
  constexpr std::int64_t kBytes = 64;
  const auto stride = c_stride * static_cast<std::int64_t>(sizeof(float));
  float* const lower = c + kTileItems * c_stride;
  asm volatile("" ::: "memory");  // GCC 12 does not know that tiles are read from memory: what was stored is there now.
  if constexpr (kAccumulate) {
    _tile_loadd(0, c, stride);
    _tile_loadd(1, c + kTileItems, stride);
    _tile_loadd(2, lower, stride);
    _tile_loadd(3, lower + kTileItems, stride);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  // A tile's successor is loaded as soon as it has been used for the last time: some CPUs have hardly more registers than
  // these eight, and a load then waits for the products before it.
  _tile_loadd(4, a, kBytes);
  _tile_loadd(6, b, kBytes);
  _tile_loadd(7, b + strip, kBytes);
  _tile_loadd(5, a + strip, kBytes);
#pragma GCC unroll 1
  for (std::int64_t i = kTileWords; i < num_tiles * kTileWords; i += kTileWords) {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_loadd(4, a + i, kBytes);
    _tile_dpbf16ps(2, 5, 6);
    _tile_loadd(6, b + i, kBytes);
    _tile_dpbf16ps(3, 5, 7);
    _tile_loadd(5, a + strip + i, kBytes);
    _tile_loadd(7, b + strip + i, kBytes);
    meanwhile();
  }
  _tile_dpbf16ps(0, 4, 6);
  _tile_dpbf16ps(1, 4, 7);
  _tile_dpbf16ps(2, 5, 6);
  _tile_dpbf16ps(3, 5, 7);
  meanwhile();
  _tile_stored(0, c, stride);
  _tile_stored(1, c + kTileItems, stride);
  _tile_stored(2, lower, stride);
  _tile_stored(3, lower + kTileItems, stride);
  asm volatile("" ::: "memory");  // Nor that they are written to it.
}

// C [rows, columns] from packed strips, all whole: what attention's products are.
template <bool kAccumulate>
BERTFORGE_INLINE void multiply_whole_tiles(std::int64_t rows, std::int64_t columns, std::int64_t depth,
                                           const std::uint32_t* a, const std::uint32_t* b, float* c,
                                           std::int64_t c_stride) {
  const std::int64_t num_tiles = depth / kTileDepth, strip = num_tiles * kTileWords;
  for (std::int64_t j = 0; j < columns; j += kAmxColumns) {
    for (std::int64_t i = 0; i < rows; i += kAmxRows) {
      multiply_tiles<kAccumulate>(num_tiles, strip, a + i / kTileItems * strip, b + j / kTileItems * strip,
                                  c + i * c_stride + j, c_stride, [] {});
    }
  }
}

}  // namespace bertforge::simd
