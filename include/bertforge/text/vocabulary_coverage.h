#pragma once
// How well a vocabulary fits a text.
//
// Fed by word_counter.h and a tokenizer; eaten by `vocab` and `inspect`, which print it.

#include <cstdint>

#include "bertforge/text/word_counter.h"
#include "bertforge/text/wordpiece_tokenizer.h"

namespace bertforge {

// Words are counted as often as they occur.
struct VocabularyCoverage {
  std::int64_t num_words = 0;
  std::int64_t num_pieces = 0;  // An unknown word is one piece.
  std::int64_t num_unknown_words = 0;
  std::int64_t num_dropped_chars = 0;  // Different characters of the words that no piece consists of.

  double pieces_per_word() const {
    return num_words == 0 ? 0 : static_cast<double>(num_pieces) / static_cast<double>(num_words);
  }
  double unknown_rate() const {
    return num_words == 0 ? 0 : static_cast<double>(num_unknown_words) / static_cast<double>(num_words);
  }
};

VocabularyCoverage measure_coverage(const WordCounts& words, const WordPieceTokenizer& tokenizer);

}  // namespace bertforge
