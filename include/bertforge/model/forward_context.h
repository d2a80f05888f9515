#pragma once
// What a forward pass needs besides its input: the randomness of dropout, which tensors to hand out, and
// which to keep.
//
//   B  sequences   T  positions   H  hidden size   R  rows

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

#include "bertforge/kernels/dropout.h"

namespace bertforge {

// The dropout of one training step on one part of its global batch.
struct DropoutStream {
  std::uint64_t key = 0;           // Of (seed, step).
  std::int64_t first_example = 0;  // Index of sequence 0 in the global batch.

  DropoutKey at(std::int64_t layer, DropoutSite site) const {
    return {.key = key, .layer = static_cast<std::uint32_t>(layer), .site = site};
  }
};

struct ForwardContext {
  std::optional<DropoutStream> dropout = {};  // None: evaluation, nothing is dropped.
  bool output_hidden_states = false;
  bool output_attentions = false;
  // [R] int64: the rows of the last hidden state, taken as [B * T, H], that are wanted, none of them padding; undefined:
  // all. What stands behind attention in the last layer is computed for these alone (by fused kernels). Not together with output_hidden_states.
  at::Tensor output_rows = {};
  // Layers keep their inputs alone for the backward pass, which computes the rest again: the same bits, less memory, about
  // a third more time. Without effect where no gradients are recorded, and on the plain path with output_attentions.
  bool checkpoints_activations = false;
};

}  // namespace bertforge
