#pragma once
// C = s A B in bfloat16 by Intel's AMX.
//
// The blocking of gemm_kernels.h, with tiles for vectors: K in parts of kAmxDepth; all of a block's A is packed and stays
// in the second cache, B strip by strip; 32 x 32 of C stay in registers while k runs. The last part's sums leave for C
// while the next tiles are multiplied, past the caches where whole lines are written.
//
// Bound by loading tiles: 4 KB for 64 cycles of products. Two cores of an Intel Xeon with AMX (virtual; its neighbours
// halve it for seconds at a time, so variants took turns) reach 5.6 TFLOP/s in registers, 4.5 with tiles in the first
// cache, 3.3 in the second; products of a layer of 256 reach 1.1 to 1.5 from memory to memory, where LibTorch's at::mm
// at its best, on warm memory, reaches 1.9. Tried there: stores through the caches (large outputs 1.6 times as slow);
// stores that wait until a tile is done (a tenth slower); parts of 512 of K (a tenth slower where K is large); B packed
// once for all blocks (nothing); gradients of weights as the transpose of x^T y, whose smaller operand then is the one
// to transpose (a fifth slower: their rows of C are far apart); tiles fetched ahead into the first cache (a fifth
// slower); blocks of 768 rows where there are several parts of K (a seventh slower).

#include "amx_tiles.h"

namespace bertforge::simd {

constexpr std::int64_t kAmxDepth = kGemmDepth;

static_assert(kGemmRowUnit % kAmxRows == 0 && kGemmColumnUnit % kAmxColumns == 0);

// What becomes of a finished tile: c (+)= scale tile.
template <class Out>
struct TileTarget {
  Out* c;
  std::int64_t c_stride;
  float scale;
  bool accumulate;
  bool streams;  // Past the caches: where whole cache lines are written that nobody reads soon.
};

// The first rows and columns of a tile.
template <class Level, class Out>
[[gnu::noinline]] void store_edge_tile(const float* tile, const TileTarget<Out>& to, std::int64_t rows,
                                       std::int64_t columns) {
  for (std::int64_t r = 0; r < rows; ++r) {
    for_vectors<Level>(columns, [&](std::int64_t j, auto count) {
      Out* const element = to.c + r * to.c_stride + j;
      const auto old = to.accumulate ? load<Level>(element, count) : Floats<Level>{};
      const auto sum = bit_cast<__m512>(load<Level>(tile + r * kAmxColumns + j, count));
      const __m512 value = _mm512_fmadd_ps(_mm512_set1_ps(to.scale), sum, bit_cast<__m512>(old));
      store<Level>(bit_cast<Floats<Level>>(value), element, count);
    });
  }
}

// 32 elements.
BERTFORGE_INLINE void store_line(__m512 left, __m512 right, bool streams, Bfloat16* to) {
  const auto line = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(right, left));
  if (streams) {
    _mm512_stream_si512(reinterpret_cast<__m512i*>(to), line);
  } else {
    _mm512_storeu_si512(to, line);
  }
}
BERTFORGE_INLINE void store_line(__m512 left, __m512 right, bool streams, float* to) {
  if (streams) {
    _mm512_stream_ps(to, left);
    _mm512_stream_ps(to + kTileItems, right);
  } else {
    _mm512_storeu_ps(to, left);
    _mm512_storeu_ps(to + kTileItems, right);
  }
}

// 16 elements. One rounding where they are added, said here and not left to the compiler: it may choose otherwise from
// place to place, and which tile is stored where depends on how C is cut.
template <class Level, class Out>
BERTFORGE_INLINE __m512 element_of_c(const float* sums, const TileTarget<Out>& to, const Out* old) {
  const __m512 scale = _mm512_set1_ps(to.scale), sum = _mm512_loadu_ps(sums);
  if (!to.accumulate) return _mm512_mul_ps(scale, sum);
  return _mm512_fmadd_ps(scale, sum, bit_cast<__m512>(load<Level>(old)));
}

// A whole tile on its way to C, some rows at a time.
template <class Level, class Out>
struct LeavingTile {
  const float* tile = nullptr;
  TileTarget<Out> to = {};
  std::int64_t next_row = kAmxRows;  // All are gone.

  BERTFORGE_INLINE void store_rows(std::int64_t count) {
    for (std::int64_t end = next_row + count; next_row < end && next_row < kAmxRows; ++next_row) {
      Out* const line = to.c + next_row * to.c_stride;
      const float* const sums = tile + next_row * kAmxColumns;
      store_line(element_of_c<Level>(sums, to, line), element_of_c<Level>(sums + kTileItems, to, line + kTileItems),
                 to.streams, line);
    }
  }
};

// Where there are several parts of K the sums must stay in the second cache besides A.
template <class Level>
GemmLimits amx_gemm_limits(std::int64_t depth) {
  GemmLimits limits;
  if (depth > kAmxDepth) limits.rows /= 2;
  return limits;
}

// A block of C; `scratch` has gemm_scratch_size() floats. REQUIRES: depth > 0.
template <class Level, class Out>
void amx_gemm(const Gemm<Bfloat16, Out>& gemm, const GemmBlock& block, float* scratch) {
  const TileRegisters registers;
  const std::int64_t rows = block.rows(), columns = block.columns();
  const std::int64_t row_tiles = round_up(rows, kAmxRows) / kAmxRows;
  Out* const c = gemm.c + block.row_begin * gemm.c_stride + block.column_begin;
  constexpr std::int64_t kLine = 64 / sizeof(Out);
  const bool streams = !gemm.accumulate && reinterpret_cast<std::uintptr_t>(c) % 64 == 0 && gemm.c_stride % kLine == 0;
  auto* const packed_b = reinterpret_cast<std::uint32_t*>(scratch);
  std::uint32_t* const packed_a = packed_b + round_up(columns, kAmxColumns) * kAmxDepth / 2;
  float* const sums = scratch + gemm_packed_size(rows, columns);  // Of several parts of K, tile by tile.
  alignas(64) float finished[2][kAmxRows * kAmxColumns];  // Sums of a single part of K: one is made, one leaves.
  int finished_index = 0;
  LeavingTile<Level, Out> leaving;

  for (std::int64_t k = 0; k < gemm.depth; k += kAmxDepth) {
    const std::int64_t depth = gemm.depth - k < kAmxDepth ? gemm.depth - k : kAmxDepth;
    const std::int64_t num_tiles = round_up(depth, kTileDepth) / kTileDepth, strip = num_tiles * kTileWords;
    const std::int64_t rows_a_product = (kAmxRows + num_tiles - 1) / num_tiles;
    const bool is_first = k == 0, is_last = k + depth == gemm.depth;
    const Bfloat16* const a = gemm.a.data + block.row_begin * gemm.a.row_stride + k * gemm.a.column_stride;
    const Bfloat16* const b = gemm.b.data + k * gemm.b.row_stride + block.column_begin * gemm.b.column_stride;
    pack_tiles<Level, true>({a, gemm.a.row_stride, gemm.a.column_stride, rows}, depth, packed_a);
    // Neighbours along rows are packed row by row, the others strip by strip, which then are in the first cache.
    const bool packs_at_once = gemm.b.column_stride == 1;
    if (packs_at_once) pack_tiles<Level, false>({b, 1, gemm.b.row_stride, columns}, depth, packed_b);
    for (std::int64_t j = 0; j < columns; j += kAmxColumns) {
      const std::int64_t part_columns = columns - j < kAmxColumns ? columns - j : kAmxColumns;
      const std::uint32_t* const b_strips = packs_at_once ? packed_b + j / kTileItems * strip : packed_b;
      if (!packs_at_once) {
        pack_tiles<Level, false>({b + j * gemm.b.column_stride, gemm.b.column_stride, gemm.b.row_stride, part_columns},
                                 depth, packed_b);
      }
      for (std::int64_t i = 0; i < row_tiles; ++i) {
        float* const sum = sums + (j / kAmxColumns * row_tiles + i) * kAmxRows * kAmxColumns;
        float* const tile = is_first && is_last ? finished[finished_index ^= 1] : sum;
        const std::uint32_t* const strips = packed_a + 2 * i * strip;
        const auto meanwhile = [&] { leaving.store_rows(rows_a_product); };
        if (is_first) {
          multiply_tiles<false>(num_tiles, strip, strips, b_strips, tile, kAmxColumns, meanwhile);
        } else {
          multiply_tiles<true>(num_tiles, strip, strips, b_strips, tile, kAmxColumns, meanwhile);
        }
        if (!is_last) continue;
        const std::int64_t part_rows = rows - i * kAmxRows < kAmxRows ? rows - i * kAmxRows : kAmxRows;
        const TileTarget<Out> target = {c + i * kAmxRows * gemm.c_stride + j, gemm.c_stride, gemm.scale,
                                        gemm.accumulate, streams};
        if (part_rows == kAmxRows && part_columns == kAmxColumns) {
          leaving = {tile, target, 0};
        } else {
          store_edge_tile<Level>(tile, target, part_rows, part_columns);
        }
      }
    }
  }
  leaving.store_rows(kAmxRows);
  _mm_sfence();  // What was streamed is there before another thread is told so.
}

}  // namespace bertforge::simd
