#pragma once
// A padded batch as rows: the tokens of all sequences one after the other.
//
//   B  sequences   T  positions   N  rows, the tokens that are no padding   H  hidden size

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "bertforge/kernels/dropout.h"
#include "bertforge/model/input.h"

namespace bertforge {

struct EncoderRows {
  std::int64_t num_sequences = 0, length = 0;  // B, T
  std::vector<std::int64_t> offsets;           // [B + 1]: sequence b has the rows from offsets[b] to offsets[b + 1]
  std::vector<std::int64_t> words;       // [B + 1] where the bits of dropout of one head begin, sequence by sequence
  std::vector<RowPlace> places;          // [N]
  at::Tensor token_ids, token_type_ids;  // [N] int64
  at::Tensor places_in_batch;            // [N] int64, row of [B * T]; undefined where nothing is padded

  std::int64_t num_rows() const { return offsets.back(); }
  std::int64_t longest() const;

  at::Tensor gather(const at::Tensor& batch) const;  // [B, T, H] -> [N, H]
  at::Tensor scatter(const at::Tensor& rows) const;  // [N, H] -> a new [B, T, H], 0 where there is padding

  // Which of the N rows rows of [B * T] are. [R] int64 -> [R] int64; Error(kInternal) on padding and on what is no row.
  at::Tensor find(const at::Tensor& rows_of_batch) const;
};

// `first_example` is the index of sequence 0 in the global batch.
EncoderRows encoder_rows(const BertInput& input, std::int64_t first_example);

}  // namespace bertforge
