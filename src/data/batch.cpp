#include "bertforge/data/batch.h"

#include <algorithm>

namespace bertforge {

std::int64_t Batch::max_length() const {
  std::int64_t longest = 0;
  for (std::int64_t b = 0; b < num_sequences(); ++b) {
    longest = std::max<std::int64_t>(longest, sequence_offsets[b + 1] - sequence_offsets[b]);
  }
  return longest;
}

Batch collate(std::span<const Example> examples, std::int64_t first_example) {
  Batch batch;
  batch.first_example = first_example;
  batch.sequence_offsets.push_back(0);
  for (const Example& example : examples) {
    const std::int32_t first_row = batch.sequence_offsets.back();
    batch.token_ids.insert(batch.token_ids.end(), example.ids.begin(), example.ids.end());
    batch.sequence_offsets.push_back(first_row + static_cast<std::int32_t>(example.ids.size()));
    batch.segment_boundaries.push_back(example.segment_boundary);
    for (const std::int32_t position : example.masked_positions) batch.masked_rows.push_back(first_row + position);
    batch.masked_labels.insert(batch.masked_labels.end(), example.masked_labels.begin(), example.masked_labels.end());
    batch.is_random_next.push_back(example.is_random_next);
  }
  return batch;
}

}  // namespace bertforge
