#pragma once
// Attention of one head in bfloat16 by Intel's AMX: the formulas of attention_kernels.h, its seven products by tiles.
//
// All sizes are filled up to whole tiles with zeros. A block of 32 queries has its scores in the first cache (up to S =
// 350); what goes into the next product is rounded to bfloat16, as the plain path rounds it. The gradients of keys and
// values are made turned, [d, S]: then what is turned by packing (queries and gradients) and by storing grows with S,
// not with S^2.
//
// Bound by the S^2 exponentials each way and the passes over rows around them: at S = 128 and d = 64 tiles multiply for
// 14,000 cycles a head, forward and backward, of 180,000. Measured on a core of an Intel Xeon with AMX, rows in its
// caches: 28 us forward, 7 of them dropout's bits, and 36 us backward a head; in a step, where rows come from memory, 1.4
// times that. attention_kernels.h took 77 ms of a step of the mini model where this one's first version took 50; now it
// is 24 to 40. Asking for the next head's rows ahead made it 6 % faster; asking for the lines of gradients ahead, nothing.

#include "amx_tiles.h"
#include "attention_kernels.h"

namespace bertforge::simd {

static_assert(kAmxUnit == kAmxRows && kAmxUnit == kAmxColumns && kAmxUnit == kTileDepth);

// Sizes filled up: keys (and queries) and the columns of a head.
struct AmxHeadShape {
  std::int64_t keys, columns;
  BERTFORGE_INLINE AmxHeadShape(std::int64_t length, std::int64_t head_size)
      : keys(round_up(length, kAmxUnit)), columns(round_up(head_size, kAmxUnit)) {}
  BERTFORGE_INLINE std::int64_t strip() const { return columns / kTileDepth * kTileWords; }  // Words of 16 rows
};

// Rows of a head lie far apart, and few lines of each are its own: no CPU fetches them ahead by itself. So what follows
// in the row, the next head's, is asked for while this head is worked on. Behind the last head that is not needed, and
// behind the last row it may be no memory at all, which is no fault.
BERTFORGE_INLINE void prefetch_row(const Bfloat16* row, std::int64_t size) {
  for (std::int64_t i = 0; i < size; i += 32) __builtin_prefetch(row + i, 0, 2);
}

// All rows of a head's part with its bias, [keys, columns]; zeros behind them.
template <class Level>
[[gnu::noinline]] void gather_halves(const HeadPart<Bfloat16>& part, std::int64_t length, std::int64_t size,
                                     const AmxHeadShape& shape, Bfloat16* to) {
  if (size < shape.columns) std::memset(static_cast<void*>(to), 0, shape.keys * shape.columns * sizeof(Bfloat16));
  for (std::int64_t row = 0; row < length; ++row) {
    prefetch_row(part.data + row * part.stride + size, size);
    for_vectors<Level>(size, [&](std::int64_t i, auto count) {
      store<Level>(head_vector<Level>(part, row, i, count), to + row * shape.columns + i, count);
    });
  }
  std::memset(static_cast<void*>(to + length * shape.columns), 0,
              (shape.keys - length) * shape.columns * sizeof(Bfloat16));
}

// [keys, columns] as the operand of a product over columns, a strip 16 rows; or over rows, a strip 16 columns.
template <class Level, bool kItemsFirst>
BERTFORGE_INLINE void pack_rows(const Bfloat16* rows, const AmxHeadShape& shape, std::uint32_t* packed) {
  pack_tiles<Level, kItemsFirst>({rows, shape.columns, 1, shape.keys}, shape.columns, packed);
}
template <class Level, bool kItemsFirst>
BERTFORGE_INLINE void pack_columns(const Bfloat16* rows, std::int64_t num_rows, std::int64_t num_columns,
                                   std::uint32_t* packed) {
  pack_tiles<Level, kItemsFirst>({rows, 1, num_columns, num_columns}, num_rows, packed);
}

template <class Level>
void amx_attention_forward(const AttentionForward<Bfloat16>& in) {
  const TileRegisters registers;
  const std::int64_t length = in.length, size = in.head_size;
  const AmxHeadShape shape(length, size);
  const std::int64_t keys = shape.keys, columns = shape.columns;
  Scratch scratch = {in.scratch};
  Bfloat16* const rows = scratch.take_halves(keys, columns);
  std::uint32_t* const queries = scratch.take_pairs(keys, columns);
  std::uint32_t* const keys_turned = scratch.take_pairs(keys, columns);
  std::uint32_t* const values = scratch.take_pairs(keys, columns);
  float* const scores = scratch.take(kAmxUnit, keys);
  Bfloat16* const probabilities = scratch.take_halves(kAmxUnit, keys);
  float* const context = scratch.take(kAmxUnit, columns);
  gather_halves<Level>(head_part<Bfloat16>(in, 0), length, size, shape, rows);
  pack_rows<Level, true>(rows, shape, queries);
  gather_halves<Level>(head_part<Bfloat16>(in, 1), length, size, shape, rows);
  pack_rows<Level, false>(rows, shape, keys_turned);
  gather_halves<Level>(head_part<Bfloat16>(in, 2), length, size, shape, rows);
  pack_columns<Level, false>(rows, keys, columns, values);

  const float scale = 1.0f / __builtin_sqrtf(static_cast<float>(size));
  const bool drops = in.dropout.drops();
  const float keep_scale = in.dropout.keep_scale();
  for (std::int64_t begin = 0; begin < length; begin += kAmxUnit) {
    const std::int64_t end = begin + kAmxUnit < length ? begin + kAmxUnit : length;
    multiply_whole_tiles<false>(kAmxUnit, keys, columns, queries + begin / kTileItems * shape.strip(), keys_turned,
                                scores, keys);
    for (std::int64_t query = begin; query < end; ++query) {
      float* const row = scores + (query - begin) * keys;
      const ExponentialRow softmax = exponentiate_row<Level>(row, length, keys, scale);
      if (in.log_sum_exp != nullptr) in.log_sum_exp[query] = softmax.log_sum_exp;
      std::uint64_t* const kept = drops ? in.kept + query * bit_words(length) : nullptr;
      if (drops) {
        dropout_bits<Level>(in.dropout, in.example,
                            attention_row(static_cast<std::uint32_t>(in.head), static_cast<std::uint32_t>(query)),
                            length, kept);
      }
      // Straight to its place in a tile of A: tiles of 16 queries by 32 keys.
      const std::int64_t in_block = query - begin;
      Bfloat16* const tile_row =
          probabilities + (in_block / kTileItems * keys * kTileItems) + in_block % kTileItems * kTileDepth;
      const float factor = keep_scale / softmax.sum;
      for (std::int64_t i = 0; i < keys; i += Level::kLanes) {
        Floats<Level> value = load<Level>(row + i) * factor;
        if (drops && i < length) value = keep<Level>(kept, i, value);
        store<Level>(value, tile_row + i / kTileDepth * 2 * kTileWords + i % kTileDepth);
      }
    }
    // Rows behind `end` hold anything: they make rows of `context` that nobody reads.
    multiply_whole_tiles<false>(kAmxUnit, columns, keys, reinterpret_cast<const std::uint32_t*>(probabilities), values,
                                context, columns);
    scatter_rows<Level>(context, columns, begin, end, size, 1, in.context + in.head * size, in.hidden_size);
  }
}

// One row of unscaled scores and of o' v^T: to dropped probabilities and scale s', rounded; 0 behind `length`.
template <class Level>
BERTFORGE_INLINE void amx_row_backward(float* scores, float* gradient, std::int64_t length, std::int64_t keys,
                                       float scale, float log_sum_exp, const std::uint64_t* kept, float keep_scale,
                                       Bfloat16* dropped, Bfloat16* score_gradient) {
  Floats<Level> products{};
  for_vectors<Level>(length, [&](std::int64_t i, auto count) {
    const Floats<Level> power = exponential<Level>(load<Level>(scores + i) * scale - log_sum_exp);
    const Floats<Level> probability = fill_behind<Level>(power, count, 0);
    Floats<Level> outer = load<Level>(gradient + i);
    if (kept != nullptr) outer = keep<Level>(kept, i, outer * keep_scale);
    products += probability * outer;
    store<Level>(kept != nullptr ? keep<Level>(kept, i, probability * keep_scale) : probability, dropped + i);
    store<Level>(probability, scores + i);
    store<Level>(outer, gradient + i);
  });
  const float inner = sum_of<Level>(products);
  std::int64_t i = 0;
  for (; i < length; i += Level::kLanes) {
    store<Level>(load<Level>(scores + i) * (load<Level>(gradient + i) - inner) * scale, score_gradient + i);
  }
  for (; i < keys; i += Level::kLanes) {
    store<Level>(Floats<Level>{}, dropped + i);
    store<Level>(Floats<Level>{}, score_gradient + i);
  }
}

// [d, S] turned to rows of `to`.
template <class Level>
[[gnu::noinline]] void scatter_columns(const float* from, const AmxHeadShape& shape, std::int64_t length,
                                       std::int64_t size, Bfloat16* to, std::int64_t stride) {
  constexpr int kLanes = Level::kLanes;
  for (std::int64_t row = 0; row < length; row += kLanes) {
    for (std::int64_t i = 0; i < size; i += kLanes) {
      Floats<Level> square[kLanes];
      for (int lane = 0; lane < kLanes; ++lane) square[lane] = load<Level>(from + (i + lane) * shape.keys + row);
      transpose<Level>(square);
      for (int lane = 0; lane < kLanes && row + lane < length; ++lane) {
        Bfloat16* const place = to + (row + lane) * stride + i;
        if (i + kLanes <= size) {
          store<Level>(square[lane], place);
        } else {
          store<Level>(square[lane], place, static_cast<int>(size - i));
        }
      }
    }
  }
}

template <class Level>
void amx_attention_backward(const AttentionBackward<Bfloat16>& in) {
  const TileRegisters registers;
  const std::int64_t length = in.length, size = in.head_size, first = in.head * size, stride = 3 * in.hidden_size;
  const AmxHeadShape shape(length, size);
  const std::int64_t keys = shape.keys, columns = shape.columns;
  Scratch scratch = {in.scratch};
  Bfloat16* const rows = scratch.take_halves(keys, columns);
  Bfloat16* const query_rows = scratch.take_halves(keys, columns);
  Bfloat16* const outer_rows = scratch.take_halves(keys, columns);
  std::uint32_t* const queries = scratch.take_pairs(keys, columns);
  std::uint32_t* const outer = scratch.take_pairs(keys, columns);
  std::uint32_t* const keys_turned = scratch.take_pairs(keys, columns);
  std::uint32_t* const values_turned = scratch.take_pairs(keys, columns);
  std::uint32_t* const keys_packed = scratch.take_pairs(keys, columns);
  float* const key_gradient = scratch.take(columns, keys);
  float* const value_gradient = scratch.take(columns, keys);
  float* const scores = scratch.take(kAmxUnit, keys);
  float* const outer_products = scratch.take(kAmxUnit, keys);
  Bfloat16* const dropped = scratch.take_halves(kAmxQueries, keys);
  Bfloat16* const score_gradient = scratch.take_halves(kAmxQueries, keys);
  std::uint32_t* const packed = scratch.take_pairs(kAmxQueries, keys);
  std::uint32_t* const turned = scratch.take_pairs(kAmxQueries, columns);
  float* const query_gradient = scratch.take(kAmxQueries, columns);
  gather_halves<Level>(head_part<Bfloat16>(in, 0), length, size, shape, query_rows);
  pack_rows<Level, true>(query_rows, shape, queries);
  gather_halves<Level>({in.context_gradient + first, in.hidden_size, nullptr}, length, size, shape, outer_rows);
  pack_rows<Level, true>(outer_rows, shape, outer);
  gather_halves<Level>(head_part<Bfloat16>(in, 1), length, size, shape, rows);
  pack_rows<Level, false>(rows, shape, keys_turned);
  pack_columns<Level, false>(rows, keys, columns, keys_packed);
  gather_halves<Level>(head_part<Bfloat16>(in, 2), length, size, shape, rows);
  pack_rows<Level, false>(rows, shape, values_turned);

  const float scale = 1.0f / __builtin_sqrtf(static_cast<float>(size));
  for (std::int64_t part = 0; part < length; part += kAmxQueries) {
    const std::int64_t end = part + kAmxQueries < length ? part + kAmxQueries : length;
    const std::int64_t num_queries = round_up(end - part, kAmxUnit);
    const auto add_products = [&](const std::uint32_t* a, const std::uint32_t* b, float* turned_gradient) {
      if (part == 0) {
        multiply_whole_tiles<false>(columns, keys, num_queries, a, b, turned_gradient, keys);
      } else {
        multiply_whole_tiles<true>(columns, keys, num_queries, a, b, turned_gradient, keys);
      }
    };
    for (std::int64_t begin = part; begin < end; begin += kAmxUnit) {
      const std::int64_t offset = begin / kTileItems * shape.strip();
      multiply_whole_tiles<false>(kAmxUnit, keys, columns, queries + offset, keys_turned, scores, keys);
      multiply_whole_tiles<false>(kAmxUnit, keys, columns, outer + offset, values_turned, outer_products, keys);
      for (std::int64_t query = begin; query < begin + kAmxUnit; ++query) {
        Bfloat16* const dropped_row = dropped + (query - part) * keys;
        Bfloat16* const gradient_row = score_gradient + (query - part) * keys;
        if (query >= end) {  // They stand in the depth of the next products.
          std::memset(static_cast<void*>(dropped_row), 0, keys * sizeof(Bfloat16));
          std::memset(static_cast<void*>(gradient_row), 0, keys * sizeof(Bfloat16));
          continue;
        }
        const std::uint64_t* const kept = in.kept != nullptr ? in.kept + query * bit_words(length) : nullptr;
        amx_row_backward<Level>(scores + (query - begin) * keys, outer_products + (query - begin) * keys, length, keys,
                                scale, in.log_sum_exp[query], kept, in.keep_scale, dropped_row, gradient_row);
      }
    }
    pack_tiles<Level, true>({score_gradient, keys, 1, num_queries}, keys, packed);
    multiply_whole_tiles<false>(num_queries, columns, keys, packed, keys_packed, query_gradient, columns);
    scatter_rows<Level>(query_gradient, columns, part, end, size, 1, in.qkv_gradient + first, stride);
    pack_columns<Level, false>(score_gradient, num_queries, keys, packed);
    pack_columns<Level, true>(query_rows + part * columns, num_queries, columns, turned);
    add_products(turned, packed, key_gradient);
    pack_columns<Level, false>(dropped, num_queries, keys, packed);
    pack_columns<Level, true>(outer_rows + part * columns, num_queries, columns, turned);
    add_products(turned, packed, value_gradient);
  }
  scatter_columns<Level>(key_gradient, shape, length, size, in.qkv_gradient + in.hidden_size + first, stride);
  scatter_columns<Level>(value_gradient, shape, length, size, in.qkv_gradient + 2 * in.hidden_size + first, stride);
}

}  // namespace bertforge::simd
