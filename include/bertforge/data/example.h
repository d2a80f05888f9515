#pragma once
// What pairing makes and what masking makes of it: one training example (X, y).
//
//   T  pieces of [CLS] A [SEP] B [SEP]        P  pieces predicted

#include <cstdint>
#include <vector>

#include "bertforge/text/tokenizer.h"

namespace bertforge {

// Two runs of sentences. Label 1 = B is random, as Google and Hugging Face have it.
struct SentencePair {
  std::vector<TokenId> a, b;
  bool is_random_next = false;
};

struct Example {
  std::vector<TokenId> ids;                    // [T], masked
  std::int32_t segment_boundary = 0;           // Rows before it are segment 0 ([CLS] A [SEP]), the others 1 (B [SEP]).
  std::vector<std::int32_t> masked_positions;  // [P] ascending, in [0, T)
  std::vector<TokenId> masked_labels;          // [P], the ids that stood there
  bool is_random_next = false;
};

}  // namespace bertforge
