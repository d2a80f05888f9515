#pragma once
// Self-attention of one head over one sequence, without padding: dropout(softmax(Q K^T / sqrt(d))) V, forward and
// backward.
//
// Probabilities are not kept: backward makes them again from the scores' log-sum-exp, and takes the bits of dropout.
// Source: Vaswani et al. 2017, section 3.2; the recomputation is Dao et al. 2022.
//   S  tokens of the sequence   H  hidden size   d  head size   W  words of a row of bits, bit_words(S)

#include <cstdint>

#include "bertforge/kernels/dropout.h"

namespace bertforge {

template <class T>
struct AttentionForward {
  std::int64_t length = 0, hidden_size = 0, head_size = 0, head = 0;
  DropoutRule dropout = {};       // Its rows are attention_row(head, query).
  std::uint32_t example = 0;      // Of the sequence, in the global batch.
  const T* qkv = nullptr;         // [S, 3H] query, key and value side by side, without bias
  const T* bias = nullptr;        // [3H]
  T* context = nullptr;           // [S, H]; columns [head * d, head * d + d) are written
  float* log_sum_exp = nullptr;   // [S]; null: not kept
  std::uint64_t* kept = nullptr;  // [S, W] the bits of dropout; null where nothing is dropped
  float* scratch = nullptr;       // attention_scratch_size()
};

template <class T>
struct AttentionBackward {
  std::int64_t length = 0, hidden_size = 0, head_size = 0, head = 0;
  float keep_scale = 1;
  const std::uint64_t* kept = nullptr;  // [S, W]
  const T* qkv = nullptr;               // [S, 3H]
  const T* bias = nullptr;              // [3H]
  const float* log_sum_exp = nullptr;   // [S]
  const T* context_gradient = nullptr;  // [S, H]
  T* qkv_gradient = nullptr;            // [S, 3H]; the columns of this head are written
  float* scratch = nullptr;
};

// Floats of scratch, aligned to 64 bytes, that either pass needs.
std::int64_t attention_scratch_size(std::int64_t length, std::int64_t head_size);

}  // namespace bertforge
