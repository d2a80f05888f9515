#pragma once
// What pairing makes (SentencePair) and what masking makes of it: one training example (X, y).
//
// Fed by pairing.h and masking.h; eaten by batch.h.
//   T  pieces of [CLS] A [SEP] B [SEP]        P  pieces predicted

#include <cstdint>
#include <vector>

#include "bertforge/data/sentence_index.h"
#include "bertforge/text/tokenizer.h"

namespace bertforge {

// Two runs of sentences, cut to length, still in the dataset. Label 1 = B is random, as Google and Hugging Face have it; of the
// pairing sop: B stood before A. The pairing none makes one run, A, and no label.
struct SentencePair {
  TokenRange a, b;  // An empty B: the sequence is [CLS] A [SEP], all of it segment 0.
  bool is_random_next = false;
  // Tokens inside A, ascending, that open another document: a [SEP] stands before each.
  std::vector<std::int64_t> document_ends = {};
};

struct Example {
  std::vector<TokenId> ids;           // [T], masked
  std::int32_t segment_boundary = 0;  // Rows before it are segment 0 ([CLS] A [SEP]), the others 1 (B [SEP], if any).
  std::vector<std::int32_t> masked_positions;  // [P] ascending, in [0, T)
  std::vector<TokenId> masked_labels;          // [P], the ids that stood there
  bool is_random_next = false;

  bool operator==(const Example&) const = default;
};

}  // namespace bertforge
