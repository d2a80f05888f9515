#pragma once
// What one pass of the fused encoder keeps for its backward pass, and the sums over rows that it makes in a fixed
// order.
//
//   N  rows   H  hidden size   I  intermediate size   A  heads   W  words of dropout's bits of a row of H

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

#include "bertforge/kernels/kernel_table.h"
#include "bertforge/model/parallel_parts.h"

namespace bertforge {

template <class T>
constexpr at::ScalarType kTypeOf = std::is_same_v<T, float> ? at::kFloat : at::kBFloat16;

// Memory that stays from step to step and grows to the largest size asked for.
class Buffer {
 public:
  at::Tensor get(at::IntArrayRef shape, at::ScalarType dtype) {
    std::int64_t size = 1;
    for (const std::int64_t extent : shape) size *= extent;
    if (!memory_.defined() || memory_.numel() < size || memory_.scalar_type() != dtype) {
      memory_.reset();  // First, so that old and new are never there together.
      memory_ = at::empty({size}, at::TensorOptions().dtype(dtype));
    }
    return memory_.narrow(0, 0, size).view(shape);
  }

  // The same as numbers of the kernels' types.
  float* floats(std::int64_t size) { return get({size}, at::kFloat).mutable_data_ptr<float>(); }
  std::uint64_t* bits(std::int64_t words) {
    return reinterpret_cast<std::uint64_t*>(get({words}, at::kLong).mutable_data_ptr<std::int64_t>());
  }

  std::int64_t num_bytes() const { return memory_.defined() ? static_cast<std::int64_t>(memory_.nbytes()) : 0; }

 private:
  at::Tensor memory_;
};

template <class... Buffers>
std::int64_t bytes_of(const Buffers&... buffers) {
  return (buffers.num_bytes() + ...);
}

// One LayerNorm with what stands before it.
struct NormBuffers {
  Buffer sum, mean, inverse_deviation, kept;

  std::int64_t num_bytes() const { return bytes_of(sum, mean, inverse_deviation, kept); }
};

// What a layer needs for its backward pass besides its input, the output of the one before it. Behind its attention the
// last layer has R rows instead of N, where only those are wanted (typed_fused_encoder.h).
struct LayerBuffers {
  Buffer qkv;             // [N, 3H] without bias
  Buffer qkv_bias;        // [3H]
  Buffer context;         // [N, H]
  Buffer log_sum_exp;     // [A, N]
  Buffer attention_kept;  // A times the words of all sequences
  Buffer middle;          // [N, H] the first half's output
  Buffer expanded;        // [N, I] without bias
  Buffer activated;       // [N, I]
  NormBuffers attention_norm, output_norm;

  std::int64_t num_bytes() const {
    return bytes_of(qkv, qkv_bias, context, log_sum_exp, attention_kept, middle, expanded, activated, attention_norm,
                    output_norm);
  }
};

// Calls body(begin, end, sums) for every kRowsPerSum of `num_rows` rows, on all threads. sums[k] points to `size` zeros
// to add to; in the end they are added to targets[k], block by block, so that the result is the same for every number
// of threads.
template <class Body>
void sum_over_rows(const KernelTable& kernels, Buffer& partial, std::int64_t num_rows, std::int64_t size,
                   const std::vector<float*>& targets, const Body& body) {
  const std::int64_t num_blocks = (num_rows + kRowsPerSum - 1) / kRowsPerSum;
  float* const sums = partial.floats(std::ssize(targets) * num_blocks * size);
  for_each_part(num_blocks, 1, [&](std::int64_t first, std::int64_t last) {
    std::vector<float*> block_sums(targets.size());
    for (std::int64_t block = first; block < last; ++block) {
      for (std::size_t k = 0; k < targets.size(); ++k) {
        block_sums[k] = sums + (static_cast<std::int64_t>(k) * num_blocks + block) * size;
        std::memset(block_sums[k], 0, static_cast<std::size_t>(size) * sizeof(float));
      }
      body(block * kRowsPerSum, std::min(num_rows, (block + 1) * kRowsPerSum), block_sums);
    }
  });
  for (std::size_t k = 0; k < targets.size(); ++k) {
    kernels.of_float.add_column_sums(sums + static_cast<std::int64_t>(k) * num_blocks * size, num_blocks, size,
                                     targets[k]);
  }
}

}  // namespace bertforge
