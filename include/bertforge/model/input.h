#pragma once
// A batch as tensors on the device. The plain path computes on padded rectangles, and this is where padding begins.
//
// Fed by data/batch.h; eaten by bert.h and objective/.
//   B  sequences      T  tokens of the longest      P  masked tokens of the whole batch

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "bertforge/data/batch.h"

namespace bertforge {

struct BertInput {
  at::Tensor token_ids;       // [B, T] int64
  at::Tensor token_type_ids;  // [B, T] int64, 0 or 1
  at::Tensor attention_mask;  // [B, T] bool, true for tokens; undefined where nothing is padded
};

struct PreTrainingTargets {
  at::Tensor masked_rows;     // [P] int64, rows of the hidden states taken as [B * T, H]
  at::Tensor masked_labels;   // [P] int64
  at::Tensor is_random_next;  // [B] int64, 1 = B is random
};

struct PreTrainingBatch {
  BertInput input;
  PreTrainingTargets targets;
  std::int64_t first_example = 0;  // See Batch::first_example.
  std::int64_t num_tokens = 0;     // Without padding.
};

// Pads with `pad_token_id`. REQUIRES: the batch is not empty.
PreTrainingBatch to_tensors(const Batch& batch, std::int64_t pad_token_id, at::Device device);

}  // namespace bertforge
