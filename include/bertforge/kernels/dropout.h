#pragma once
// Dropout as a function of what is dropped: the same bits for any batch layout, thread count, rank or resume, and again
// in the backward pass, so that no mask need be stored.
//
// Fed and eaten by model/ops.h and the fused kernels. Source: Srivastava et al. 2014; bits from Philox4x32-10
// (base/random.h). Cost: one Philox block for eight elements (16 bits each), 20 multiplications of 32 bits.

#include <cstdint>

#include "bertforge/kernels/bfloat16.h"

namespace bertforge {

// Where in the network a dropout stands. NOTE: the values are part of every seed's meaning; do not change them.
enum class DropoutSite : std::uint32_t {
  kEmbeddings = 0,
  kAttentionProbs = 1,
  kAttentionOutput = 2,
  kFeedForwardOutput = 3
};

// Everything a mask depends on besides sequence, row and element.
struct DropoutKey {
  std::uint64_t key = 0;  // Of (seed, step): CounterRandom(seed).fork(kDropout, step).key().
  std::uint32_t layer = 0;
  DropoutSite site = DropoutSite::kEmbeddings;
};

// The probability that is really used: `probability` rounded to a multiple of 2^-16.
double quantized_dropout_probability(double probability);

// Whether one element is kept: the plain statement of the rule, one block an element. dropout_row() agrees with it.
// (example, row): `example` the index in the global batch, `row` the position (hidden states) or attention_row().
bool dropout_keeps(const DropoutKey& key, std::uint32_t example, std::uint32_t row, std::uint32_t element,
                   double probability);

// The row of attention probabilities of one head and query. REQUIRES: query < 65536 and head < 65536.
[[gnu::always_inline]] constexpr std::uint32_t attention_row(std::uint32_t head, std::uint32_t query) {
  return (head << 16) | query;
}

// y[i] = keep(i) ? x[i] / (1 - p) : 0 for one row of `length` elements; y may be x.
void dropout_row(const DropoutKey& key, std::uint32_t example, std::uint32_t row, double probability,
                 std::int64_t length, const float* x, float* y);
void dropout_row(const DropoutKey& key, std::uint32_t example, std::uint32_t row, double probability,
                 std::int64_t length, const Bfloat16* x, Bfloat16* y);

// What fused kernels take: a mask is drawn once, in the forward pass, and kept as one bit an element for the backward
// pass.

struct DropoutRule {
  DropoutKey key = {};
  double probability = 0;  // REQUIRES: its quantized_dropout_probability() is in [0, 1).

  [[gnu::always_inline]] bool drops() const { return quantized_dropout_probability(probability) > 0; }
  [[gnu::always_inline]] float keep_scale() const {
    return static_cast<float>(1.0 / (1.0 - quantized_dropout_probability(probability)));
  }
};

// Where a row of hidden states stands: (index in the global batch, position in the sequence).
struct RowPlace {
  std::uint32_t example = 0, position = 0;
};

// Words of 64 bits that a row of `length` bits takes.
[[gnu::always_inline]] constexpr std::int64_t bit_words(std::int64_t length) { return (length + 63) / 64; }

}  // namespace bertforge
