#pragma once
// Attention of one head, block by block of queries, so that scores stay in the second cache at any length.
//
//   forward   s = q k^T / sqrt(d)   p = softmax(s)   o = dropout(p) v        log_sum_exp = ln sum e^s
//   backward  p = e^(s - log_sum_exp)   p' = dropout(o' v^T)   s' = p * (p' - sum p * p')
//             v' = dropout(p)^T o'   q' = s' k / sqrt(d)   k' = s'^T q / sqrt(d)
//
// The sum of p * p' over a row equals o' . o (Dao et al. 2022, appendix B.2), which is cheaper; but o is stored, and in
// bfloat16 its rounding made the gradients of queries and keys up to 1.8 times as inexact as Hugging Face's autocast's.
// Bound by arithmetic: 4 S^2 d multiply-adds forward and 10 S^2 d backward, two and five small products, against S^2
// exponentials each way.

#include "attention_scratch.h"
#include "bertforge/kernels/attention.h"
#include "dropout_kernels.h"
#include "small_gemm.h"

namespace bertforge::simd {

static_assert(kQueryBlock % kTileRows == 0);

// Scratch is carved by rows of whole pairs of vectors.
struct Scratch {
  float* next;
  BERTFORGE_INLINE float* take(std::int64_t rows, std::int64_t columns) {
    float* const begin = next;
    next += rows * columns;
    return begin;
  }
  BERTFORGE_INLINE Bfloat16* take_halves(std::int64_t rows, std::int64_t columns) {
    return reinterpret_cast<Bfloat16*>(take(rows, columns / 2));
  }
  // The same as pairs, one a word: packed tiles.
  BERTFORGE_INLINE std::uint32_t* take_pairs(std::int64_t rows, std::int64_t columns) {
    return reinterpret_cast<std::uint32_t*>(take(rows, columns / 2));
  }
};

// One of the three parts of a head's query, key and value: rows [S] of `stride` elements, `size` of them the head's.
template <class T>
struct HeadPart {
  const T* data;
  std::int64_t stride;
  const T* bias;  // Null where there is none.
};

// Query, key or value (0, 1, 2) of the head that a pass works on.
template <class T, class Arguments>
BERTFORGE_INLINE HeadPart<T> head_part(const Arguments& in, std::int64_t which) {
  const std::int64_t offset = which * in.hidden_size + in.head * in.head_size;
  return {in.qkv + offset, 3 * in.hidden_size, in.bias + offset};
}

template <class Level, class T>
BERTFORGE_INLINE Floats<Level> head_vector(const HeadPart<T>& part, std::int64_t row, std::int64_t i, auto count) {
  const Floats<Level> value = load<Level>(part.data + row * part.stride + i, count);
  return part.bias != nullptr ? value + load<Level>(part.bias + i, count) : value;
}

// Rows [begin, end) as floats, scaled; columns behind the head's size are 0.
template <class Level, class T>
void gather_rows(const HeadPart<T>& part, std::int64_t begin, std::int64_t end, std::int64_t size, float scale,
                 float* to, std::int64_t columns) {
  for (std::int64_t row = begin; row < end; ++row, to += columns) {
    for_vectors<Level>(size, [&](std::int64_t i, auto count) {
      store<Level>(fill_behind<Level>(head_vector<Level>(part, row, i, count) * scale, count, 0), to + i, count);
    });
    for (std::int64_t i = size; i < columns; ++i) to[i] = 0;
  }
}

// The same turned: row i of `to` holds element i of every row; columns behind `length` are 0.
template <class Level, class T>
void gather_columns(const HeadPart<T>& part, std::int64_t length, std::int64_t size, float* to, std::int64_t columns) {
  for (std::int64_t row = 0; row < length; ++row) {
    for_vectors<Level>(size, [&](std::int64_t i, auto count) {
      const Floats<Level> value = head_vector<Level>(part, row, i, count);
      for (int lane = 0; lane < count; ++lane) to[(i + lane) * columns + row] = value[lane];
    });
  }
  for (std::int64_t i = 0; i < size; ++i) {
    for (std::int64_t column = length; column < columns; ++column) to[i * columns + column] = 0;
  }
}

// Rows of floats, scaled, to rows [begin, end) of `to`.
template <class Level, class T>
void scatter_rows(const float* from, std::int64_t columns, std::int64_t begin, std::int64_t end, std::int64_t size,
                  float scale, T* to, std::int64_t stride) {
  for (std::int64_t row = begin; row < end; ++row, from += columns) {
    for_vectors<Level>(size, [&](std::int64_t i, auto count) {
      store<Level>(load<Level>(from + i, count) * scale, to + row * stride + i, count);
    });
  }
}

struct ExponentialRow {
  float sum, log_sum_exp;
};

// A row of scores becomes e^(scale (s - largest)) in place. It has `columns`, whole vectors; what stands behind `length`
// becomes 0.
template <class Level>
BERTFORGE_INLINE ExponentialRow exponentiate_row(float* row, std::int64_t length, std::int64_t columns, float scale) {
  Floats<Level> largest = splat<Level>(-3.4e38f);
  for_vectors<Level>(length, [&](std::int64_t i, auto count) {
    largest = maximum<Level>(largest, fill_behind<Level>(load<Level>(row + i), count, -3.4e38f));
  });
  const float maximum_score = maximum_of<Level>(largest) * scale;
  Floats<Level> sums{};
  for_vectors<Level>(length, [&](std::int64_t i, auto count) {
    const Floats<Level> power = exponential<Level>(load<Level>(row + i) * scale - maximum_score);
    const Floats<Level> filled = fill_behind<Level>(power, count, 0);
    store<Level>(filled, row + i);
    sums += filled;
  });
  for (std::int64_t i = round_up(length, Level::kLanes); i < columns; i += Level::kLanes) {
    store<Level>(Floats<Level>{}, row + i);
  }
  const float sum = sum_of<Level>(sums);
  return {sum, maximum_score + __builtin_logf(sum)};
}

// Turns a row of scores into probabilities in place; returns ln sum e^s.
template <class Level>
BERTFORGE_INLINE float softmax_row(float* row, std::int64_t length, std::int64_t columns) {
  const ExponentialRow powers = exponentiate_row<Level>(row, length, columns, 1);
  for_vectors<Level>(length,
                     [&](std::int64_t i, auto) { store<Level>(load<Level>(row + i) * (1.0f / powers.sum), row + i); });
  return powers.log_sum_exp;
}

template <class Level, class T>
void attention_forward(const AttentionForward<T>& in) {
  const std::int64_t length = in.length, size = in.head_size, first = in.head * size;
  const std::int64_t key_columns = padded_columns<Level>(length), columns = padded_columns<Level>(size);
  const auto queries_in = head_part<T>(in, 0), keys_in = head_part<T>(in, 1), values_in = head_part<T>(in, 2);
  Scratch scratch = {in.scratch};
  float* const keys = scratch.take(size, key_columns);
  float* const values = scratch.take(length, columns);
  float* const queries = scratch.take(kQueryBlock, columns);
  float* const scores = scratch.take(kQueryBlock, key_columns);
  float* const context = scratch.take(kQueryBlock, columns);
  gather_columns<Level>(keys_in, length, size, keys, key_columns);
  gather_rows<Level>(values_in, 0, length, size, 1, values, columns);

  const float scale = 1.0f / __builtin_sqrtf(static_cast<float>(size));
  const bool drops = in.dropout.drops();
  const float keep_scale = in.dropout.keep_scale();
  for (std::int64_t begin = 0; begin < length; begin += kQueryBlock) {
    const std::int64_t end = begin + kQueryBlock < length ? begin + kQueryBlock : length;
    gather_rows<Level>(queries_in, begin, end, size, scale, queries, columns);
    small_gemm<Level, false>(end - begin, key_columns, size, {queries, columns, 1}, keys, key_columns, scores,
                             key_columns);
    for (std::int64_t query = begin; query < end; ++query) {
      float* const row = scores + (query - begin) * key_columns;
      const float log_sum_exp = softmax_row<Level>(row, length, key_columns);
      if (in.log_sum_exp != nullptr) in.log_sum_exp[query] = log_sum_exp;
      if (!drops) continue;
      std::uint64_t* const kept = in.kept + query * bit_words(length);
      dropout_bits<Level>(in.dropout, in.example,
                          attention_row(static_cast<std::uint32_t>(in.head), static_cast<std::uint32_t>(query)), length,
                          kept);
      for_vectors<Level>(length, [&](std::int64_t i, auto count) {
        store<Level>(keep<Level>(kept, i, load<Level>(row + i, count) * keep_scale), row + i, count);
      });
    }
    small_gemm<Level, false>(end - begin, columns, length, {scores, key_columns, 1}, values, columns, context, columns);
    scatter_rows<Level>(context, columns, begin, end, size, 1, in.context + first, in.hidden_size);
  }
}

// One row of scores and of o' v^T, in place: dropped probabilities and s'.
template <class Level>
BERTFORGE_INLINE void attention_row_backward(float* scores, float* gradient, std::int64_t length, float log_sum_exp,
                                             const std::uint64_t* kept, float keep_scale) {
  Floats<Level> products{};
  for_vectors<Level>(length, [&](std::int64_t i, auto count) {
    const Floats<Level> probability = exponential<Level>(load<Level>(scores + i, count) - log_sum_exp);
    Floats<Level> outer = load<Level>(gradient + i, count);
    if (kept != nullptr) outer = keep<Level>(kept, i, outer * keep_scale);
    products += fill_behind<Level>(probability * outer, count, 0);
    store<Level>(probability, scores + i, count);
    store<Level>(outer, gradient + i, count);
  });
  const float inner = sum_of<Level>(products);
  for_vectors<Level>(length, [&](std::int64_t i, auto count) {
    const Floats<Level> probability = load<Level>(scores + i, count);
    store<Level>(probability * (load<Level>(gradient + i, count) - inner), gradient + i, count);
    if (kept != nullptr) store<Level>(keep<Level>(kept, i, probability * keep_scale), scores + i, count);
  });
}

template <class Level, class T>
void attention_backward(const AttentionBackward<T>& in) {
  const std::int64_t length = in.length, size = in.head_size, first = in.head * size, stride = 3 * in.hidden_size;
  const std::int64_t key_columns = padded_columns<Level>(length), columns = padded_columns<Level>(size);
  const auto queries_in = head_part<T>(in, 0), keys_in = head_part<T>(in, 1), values_in = head_part<T>(in, 2);
  const HeadPart<T> outer = {in.context_gradient + first, in.hidden_size, nullptr};
  Scratch scratch = {in.scratch};
  float* const keys_turned = scratch.take(size, key_columns);
  float* const values_turned = scratch.take(size, key_columns);
  float* const keys = scratch.take(length, columns);
  float* const key_gradient = scratch.take(length, columns);
  float* const value_gradient = scratch.take(length, columns);
  float* const queries = scratch.take(kQueryBlock, columns);
  float* const outer_rows = scratch.take(kQueryBlock, columns);
  float* const query_gradient = scratch.take(kQueryBlock, columns);
  float* const scores = scratch.take(kQueryBlock, key_columns);
  float* const score_gradient = scratch.take(kQueryBlock, key_columns);
  gather_columns<Level>(keys_in, length, size, keys_turned, key_columns);
  gather_columns<Level>(values_in, length, size, values_turned, key_columns);
  gather_rows<Level>(keys_in, 0, length, size, 1, keys, columns);
  for (std::int64_t i = 0; i < length * columns; ++i) key_gradient[i] = value_gradient[i] = 0;

  const float scale = 1.0f / __builtin_sqrtf(static_cast<float>(size));
  for (std::int64_t begin = 0; begin < length; begin += kQueryBlock) {
    const std::int64_t end = begin + kQueryBlock < length ? begin + kQueryBlock : length, rows = end - begin;
    gather_rows<Level>(queries_in, begin, end, size, scale, queries, columns);
    gather_rows<Level>(outer, begin, end, size, 1, outer_rows, columns);
    small_gemm<Level, false>(rows, key_columns, size, {queries, columns, 1}, keys_turned, key_columns, scores,
                             key_columns);
    small_gemm<Level, false>(rows, key_columns, size, {outer_rows, columns, 1}, values_turned, key_columns,
                             score_gradient, key_columns);
    for (std::int64_t query = begin; query < end; ++query) {
      const std::uint64_t* const kept = in.kept != nullptr ? in.kept + query * bit_words(length) : nullptr;
      attention_row_backward<Level>(scores + (query - begin) * key_columns,
                                    score_gradient + (query - begin) * key_columns, length, in.log_sum_exp[query], kept,
                                    in.keep_scale);
    }
    small_gemm<Level, true>(length, columns, rows, {scores, 1, key_columns}, outer_rows, columns, value_gradient,
                            columns);
    small_gemm<Level, true>(length, columns, rows, {score_gradient, 1, key_columns}, queries, columns, key_gradient,
                            columns);
    small_gemm<Level, false>(rows, columns, length, {score_gradient, key_columns, 1}, keys, columns, query_gradient,
                             columns);
    scatter_rows<Level>(query_gradient, columns, begin, end, size, scale, in.qkv_gradient + first, stride);
  }
  // `queries` were scaled, and so the keys' gradient is.
  scatter_rows<Level>(key_gradient, columns, 0, length, size, 1, in.qkv_gradient + in.hidden_size + first, stride);
  scatter_rows<Level>(value_gradient, columns, 0, length, size, 1, in.qkv_gradient + 2 * in.hidden_size + first,
                      stride);
}

}  // namespace bertforge::simd
