#pragma once
// C = s A B for matrices of any size.
//
// As Goto and van de Geijn 2008 ("Anatomy of high-performance matrix multiplication") and BLIS have it: K in parts; the
// part of B is packed into strips of two vectors of columns, the part of A, kGemmRows at a time, into
// strips of a few rows. A strip of B stays in the first cache while the strips of A pass by; a tile of C, strip by
// strip, stays in registers while k runs.
//
// Bound by arithmetic: a step of k does 2 * rows multiply-adds for 2 loads and `rows` broadcasts. Measured on one core
// of an AMD EPYC with AVX2 whose multiply-adds alone reach 95 GFLOP/s: 77 to 83 over the products of a layer of 256,
// where MKL in the same minutes and on two cores took 1.2 to 1.3 times as long. Tried there: parts of 384 and 512 of K
// (no faster, the strip of B fills the first cache), packing element by element instead of by squares (a tenth of the
// time more), no prefetching where packing goes along rows (a tenth more for gradients of weights).

#include <utility>

#include "bertforge/kernels/gemm.h"
#include "simd.h"

namespace bertforge::simd {

// Rows of a tile: with two vectors of columns and an operand, what 16 (32 for AVX-512) registers hold.
template <class Level>
constexpr int kStripRows = Level::kLanes == 16  ? 12
                           : Level::kLanes == 8 ? 6
                                                : 4;
template <class Level>
constexpr int kStripColumns = 2 * Level::kLanes;
// How much of K: a strip of B takes 16 KB, half of the smallest first cache, whatever the vectors.
template <class Level>
constexpr std::int64_t kPartDepth = Level::kLanes == 16 ? kGemmDepth / 2 : kGemmDepth;

template <class Level, int kStep, std::size_t... kLane>
BERTFORGE_INLINE void swap_off_diagonal(Floats<Level>& a, Floats<Level>& b, std::index_sequence<kLane...>) {
  constexpr int kLanes = Level::kLanes;
  const Floats<Level> first = a;
  a = __builtin_shufflevector(first, b, ((kLane & kStep) == 0 ? kLane : kLanes + kLane - kStep)...);
  b = __builtin_shufflevector(first, b, ((kLane & kStep) == 0 ? kLane + kStep : kLanes + kLane)...);
}

// vectors[i][j] <-> vectors[j][i]: blocks off the diagonal change places, of 1, 2, 4, ... lanes.
template <class Level, int kStep = 1>
BERTFORGE_INLINE void transpose(Floats<Level> (&vectors)[Level::kLanes]) {
  if constexpr (kStep < Level::kLanes) {
#pragma GCC unroll 16
    for (int i = 0; i < Level::kLanes; ++i) {
      if ((i & kStep) == 0) {
        swap_off_diagonal<Level, kStep>(vectors[i], vectors[i + kStep], std::make_index_sequence<Level::kLanes>());
      }
    }
    transpose<Level, 2 * kStep>(vectors);
  }
}

// Rows of A or columns of B to pack, kWidth in a strip, the last strip filled up with zeros: element (item, k) of a
// strip goes to packed[k * kWidth + item], the next strip behind all k of this one.
template <class T>
struct StripSource {
  const T* data;
  std::int64_t item_stride, depth_stride, num_items;
};

// One strip, element by element.
template <class Level, int kWidth, class T>
BERTFORGE_INLINE void pack_elements(const StripSource<T>& from, std::int64_t item, std::int64_t begin, std::int64_t end,
                                    float* packed) {
  for (std::int64_t k = begin; k < end; ++k) {
    for (int i = 0; i < kWidth; ++i) {
      const T* const element = from.data + (item + i) * from.item_stride + k * from.depth_stride;
      packed[k * kWidth + i] = item + i < from.num_items ? load<Level>(element, 1)[0] : 0.0f;
    }
  }
}

template <class Level, int kWidth>
BERTFORGE_INLINE void copy_items(const float* from, float* to) {
  std::memcpy(to, from, kWidth * sizeof(float));
}
template <class Level, int kWidth>
BERTFORGE_INLINE void copy_items(const Bfloat16* from, float* to) {
  if constexpr (kWidth % Level::kLanes == 0) {
    for (int i = 0; i < kWidth; i += Level::kLanes) store<Level>(load<Level>(from + i), to + i);
  } else {
    std::uint16_t halves[kWidth];
    std::memcpy(halves, static_cast<const void*>(from), sizeof halves);
    std::uint32_t words[kWidth];
    for (int i = 0; i < kWidth; ++i) words[i] = std::uint32_t{halves[i]} << 16;
    std::memcpy(to, words, sizeof words);
  }
}

// Whole strips of items that are neighbours, some at a time, so that a row of items is read along.
template <class Level, int kWidth, class T>
BERTFORGE_INLINE void pack_neighbours(const StripSource<T>& from, std::int64_t num_items, std::int64_t depth,
                                      float* packed) {
  constexpr std::int64_t kItemsAtATime = 96 / kWidth * kWidth;
  constexpr std::int64_t kRowsAhead = 8;  // Rows lie on pages of their own, which the CPU does not fetch ahead.
  for (std::int64_t first = 0; first < num_items; first += kItemsAtATime) {
    const std::int64_t end = num_items - first < kItemsAtATime ? num_items : first + kItemsAtATime;
    for (std::int64_t k = 0; k < depth; ++k) {
      const T* const row = from.data + k * from.depth_stride;
      for (std::int64_t item = first; item < end; item += 64 / static_cast<std::int64_t>(sizeof(T))) {
        __builtin_prefetch(row + kRowsAhead * from.depth_stride + item);
      }
      for (std::int64_t item = first; item < end; item += kWidth) {
        copy_items<Level, kWidth>(row + item, packed + item * depth + k * kWidth);
      }
    }
  }
}

// A whole strip of items that lie along k: squares of lanes are transposed. What a vector brings too much is
// overwritten by the next k; the last one runs over the strip's end, where there is room.
template <class Level, int kWidth, class T>
BERTFORGE_INLINE void pack_along_depth(const StripSource<T>& from, std::int64_t item, std::int64_t depth,
                                       float* packed) {
  constexpr int kLanes = Level::kLanes;
  static_assert(kWidth <= kLanes || kWidth % kLanes == 0, "a vector's excess must be written before what stands there");
  const T* const rows = from.data + item * from.item_stride;
  std::int64_t k = 0;
  for (; k + kLanes <= depth; k += kLanes) {
#pragma GCC unroll 2
    for (int first = 0; first < kWidth; first += kLanes) {
      Floats<Level> square[kLanes] = {};
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; ++i) {
        if (first + i < kWidth) square[i] = load<Level>(rows + (first + i) * from.item_stride + k);
      }
      transpose<Level>(square);
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; ++i) store<Level>(square[i], packed + (k + i) * kWidth + first);
    }
  }
  pack_elements<Level, kWidth>(from, item, k, depth, packed);
}

template <class Level, int kWidth, class T>
[[gnu::noinline]] void pack_strips(const StripSource<T>& from, std::int64_t depth, float* packed) {
  const std::int64_t num_whole = from.num_items / kWidth * kWidth;
  std::int64_t item = 0;
  if (from.item_stride == 1) {
    pack_neighbours<Level, kWidth>(from, num_whole, depth, packed);
    item = num_whole;
  } else if (from.depth_stride == 1) {
    for (; item < num_whole; item += kWidth) {
      pack_along_depth<Level, kWidth>(from, item, depth, packed + item * depth);
    }
  }
  for (; item < from.num_items; item += kWidth) {
    pack_elements<Level, kWidth>(from, item, 0, depth, packed + item * depth);
  }
}

// A tile of C, kStripRows by kStripColumns, from one strip of A and one of B.
template <class Level>
BERTFORGE_INLINE void strip_tile(std::int64_t depth, const float* a, const float* b, float scale, float* c,
                                 std::int64_t c_stride, bool accumulate) {
  constexpr int kRows = kStripRows<Level>, kLanes = Level::kLanes;
  Floats<Level> left[kRows] = {}, right[kRows] = {};
  for (std::int64_t k = 0; k < depth; ++k) {
    const Floats<Level> b_left = load<Level>(b + k * 2 * kLanes), b_right = load<Level>(b + k * 2 * kLanes + kLanes);
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      const Floats<Level> factor = splat<Level>(a[k * kRows + r]);
      left[r] += factor * b_left;
      right[r] += factor * b_right;
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
    float* const row = c + r * c_stride;
    const Floats<Level> old_left = accumulate ? load<Level>(row) : Floats<Level>{},
                        old_right = accumulate ? load<Level>(row + kLanes) : Floats<Level>{};
    store<Level>(old_left + scale * left[r], row);
    store<Level>(old_right + scale * right[r], row + kLanes);
  }
}

// A tile at the edge of the block: only rows by columns of it are C's.
template <class Level>
BERTFORGE_INLINE void strip_edge_tile(std::int64_t depth, const float* a, const float* b, float scale, float* c,
                                      std::int64_t c_stride, bool accumulate, std::int64_t rows, std::int64_t columns) {
  float tile[kStripRows<Level> * kStripColumns<Level>];
  strip_tile<Level>(depth, a, b, scale, tile, kStripColumns<Level>, false);
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t j = 0; j < columns; ++j) {
      float& element = c[r * c_stride + j];
      element = (accumulate ? element : 0.0f) + tile[r * kStripColumns<Level> + j];
    }
  }
}

// The packed strips of one part of K against each other.
template <class Level>
[[gnu::noinline]] void multiply_strips(std::int64_t rows, std::int64_t columns, std::int64_t depth, const float* a,
                                       const float* b, float scale, float* c, std::int64_t c_stride, bool accumulate) {
  constexpr std::int64_t kRows = kStripRows<Level>, kColumns = kStripColumns<Level>;
  for (std::int64_t j = 0; j < columns; j += kColumns) {
    for (std::int64_t i = 0; i < rows; i += kRows) {
      float* const tile = c + i * c_stride + j;
      if (i + kRows <= rows && j + kColumns <= columns) {
        strip_tile<Level>(depth, a + i * depth, b + j * depth, scale, tile, c_stride, accumulate);
      } else {
        strip_edge_tile<Level>(depth, a + i * depth, b + j * depth, scale, tile, c_stride, accumulate,
                               rows - i < kRows ? rows - i : kRows, columns - j < kColumns ? columns - j : kColumns);
      }
    }
  }
}

// The block of C, summed at `c` in float32.
template <class Level, class T, class Out>
BERTFORGE_INLINE void sum_block(const Gemm<T, Out>& gemm, const GemmBlock& block, float* c, std::int64_t c_stride,
                                bool accumulate, float* scratch) {
  constexpr int kRows = kStripRows<Level>, kColumns = kStripColumns<Level>;
  const std::int64_t rows = block.rows(), columns = block.columns();
  float* const packed_b = scratch;
  float* const packed_a = scratch + round_up(columns, kColumns) * kPartDepth<Level>;
  for (std::int64_t k = 0; k < gemm.depth; k += kPartDepth<Level>) {
    const std::int64_t depth = gemm.depth - k < kPartDepth<Level> ? gemm.depth - k : kPartDepth<Level>;
    const T* const b = gemm.b.data + k * gemm.b.row_stride + block.column_begin * gemm.b.column_stride;
    pack_strips<Level, kColumns, T>({b, gemm.b.column_stride, gemm.b.row_stride, columns}, depth, packed_b);
    for (std::int64_t first = 0; first < rows; first += kGemmRows) {
      const std::int64_t part_rows = rows - first < kGemmRows ? rows - first : kGemmRows;
      const T* const a = gemm.a.data + (block.row_begin + first) * gemm.a.row_stride + k * gemm.a.column_stride;
      pack_strips<Level, kRows, T>({a, gemm.a.row_stride, gemm.a.column_stride, part_rows}, depth, packed_a);
      multiply_strips<Level>(part_rows, columns, depth, packed_a, packed_b, gemm.scale, c + first * c_stride, c_stride,
                             accumulate || k > 0);
    }
  }
}

template <class Level>
GemmLimits default_gemm_limits(std::int64_t) {
  return {};
}

// A row of sums becomes one of C.
template <class Level, class Out>
BERTFORGE_INLINE void store_sums(const float* sums, std::int64_t columns, Out* c, bool accumulate) {
  for_vectors<Level>(columns, [&](std::int64_t j, auto count) {
    const Floats<Level> sum = load<Level>(sums + j, count);
    store<Level>(accumulate ? load<Level>(c + j, count) + sum : sum, c + j, count);
  });
}

// A block of C; `scratch` has gemm_scratch_size() floats. REQUIRES: depth > 0.
template <class Level, class T, class Out>
void gemm(const Gemm<T, Out>& gemm, const GemmBlock& block, float* scratch) {
  const std::int64_t columns = block.columns();
  Out* const c = gemm.c + block.row_begin * gemm.c_stride + block.column_begin;
  if constexpr (std::is_same_v<Out, float>) {
    sum_block<Level>(gemm, block, c, gemm.c_stride, gemm.accumulate, scratch);
  } else {
    float* const sums = scratch + gemm_packed_size(block.rows(), columns);
    sum_block<Level>(gemm, block, sums, columns, false, scratch);
    for (std::int64_t i = 0; i < block.rows(); ++i) {
      store_sums<Level>(sums + i * columns, columns, c + i * gemm.c_stride, gemm.accumulate);
    }
  }
}

}  // namespace bertforge::simd
