#pragma once
// A batch: the examples of one forward pass, token-major, without padding. Fed by batch_loader.h; eaten by model/ and objective/.
//
//   B  sequences      N  tokens of all of them      P  masked tokens of all of them

#include <cstdint>
#include <span>
#include <vector>

#include "bertforge/data/example.h"

namespace bertforge {

struct Batch {
  std::vector<TokenId> token_ids;                // [N], one sequence after the other
  std::vector<std::int32_t> sequence_offsets;    // [B + 1], rows of sequence b: [offsets[b], offsets[b + 1])
  std::vector<std::int32_t> segment_boundaries;  // [B], first row of segment 1, counted from the sequence's start
  std::vector<std::int32_t> masked_rows;         // [P], rows in [0, N), ascending
  std::vector<TokenId> masked_labels;            // [P]
  std::vector<std::uint8_t> is_random_next;      // [B]
  std::int64_t first_example = 0;                // Index of sequence 0 in the global batch (dropout is keyed by it).

  std::int64_t num_sequences() const { return static_cast<std::int64_t>(segment_boundaries.size()); }
  std::int64_t num_tokens() const { return static_cast<std::int64_t>(token_ids.size()); }
  std::int64_t num_masked() const { return static_cast<std::int64_t>(masked_rows.size()); }
  bool operator==(const Batch&) const = default;
  std::int64_t max_length() const;  // Tokens of the longest sequence; 0 for an empty batch.
};

// Puts examples together in the order given.
Batch collate(std::span<const Example> examples, std::int64_t first_example = 0);

// The same sequences in batches of `max_sequences` (1 at least); the last may have fewer. first_example goes on counting.
std::vector<Batch> split(const Batch& batch, std::int64_t max_sequences);

}  // namespace bertforge
