#include "bertforge/data/batch.h"

#include <algorithm>

#include "bertforge/base/error.h"

namespace bertforge {
namespace {

template <class T>
std::vector<T> elements(const std::vector<T>& values, std::int64_t begin, std::int64_t end) {
  return {values.begin() + begin, values.begin() + end};
}

// Sequences [begin, end) of a batch.
Batch part_of(const Batch& batch, std::int64_t begin, std::int64_t end) {
  const std::int32_t first_row = batch.sequence_offsets[begin], last_row = batch.sequence_offsets[end];
  const auto place_of = [&batch](std::int32_t row) {
    return std::ranges::lower_bound(batch.masked_rows, row) - batch.masked_rows.begin();
  };
  const std::int64_t first_masked = place_of(first_row), last_masked = place_of(last_row);
  Batch part = {.token_ids = elements(batch.token_ids, first_row, last_row),
                .sequence_offsets = elements(batch.sequence_offsets, begin, end + 1),
                .segment_boundaries = elements(batch.segment_boundaries, begin, end),
                .masked_rows = elements(batch.masked_rows, first_masked, last_masked),
                .masked_labels = elements(batch.masked_labels, first_masked, last_masked),
                .is_random_next = elements(batch.is_random_next, begin, end),
                .first_example = batch.first_example + begin};
  for (std::int32_t& offset : part.sequence_offsets) offset -= first_row;
  for (std::int32_t& row : part.masked_rows) row -= first_row;
  return part;
}

}  // namespace

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

std::vector<Batch> split(const Batch& batch, std::int64_t max_sequences) {
  BERTFORGE_CHECK(max_sequences > 0, "parts of ", max_sequences, " sequences");
  std::vector<Batch> parts;
  for (std::int64_t begin = 0; begin < batch.num_sequences(); begin += max_sequences) {
    parts.push_back(part_of(batch, begin, std::min(begin + max_sequences, batch.num_sequences())));
  }
  return parts;
}

}  // namespace bertforge
