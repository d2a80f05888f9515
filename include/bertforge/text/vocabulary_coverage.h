#pragma once
// What is in a vocabulary, and how well it fits a text.
//
// Fed by word_counter.h and a tokenizer; eaten by `vocab` and `inspect`, which print it.

#include <cstdint>
#include <string>
#include <vector>

#include "bertforge/text/corpus_reader.h"
#include "bertforge/text/tokenizer.h"
#include "bertforge/text/word_counter.h"

namespace bertforge {

struct VocabularyContents {
  std::int64_t num_pieces = 0;
  std::int64_t num_continuing = 0;   // They continue a word.
  std::int64_t num_single_char = 0;  // They are one character, the mark of continuing ones ("##") not counted.
  std::vector<std::string> longest;  // The longest by their characters, ten at most, special tokens left out.
};

VocabularyContents vocabulary_contents(const Tokenizer& tokenizer);

// Words are counted as often as they occur.
struct VocabularyCoverage {
  std::int64_t num_words = 0;
  std::int64_t num_pieces = 0;  // An unknown word is one piece.
  std::int64_t num_unknown_words = 0;
  std::int64_t num_single_char_pieces = 0;  // Of num_pieces.
  std::int64_t num_unused_pieces = 0;       // Of the vocabulary, special tokens left out: they stand in no word.
  std::int64_t num_dropped_chars = 0;       // Different characters of unknown words that no piece consists of ...
  std::vector<std::string> dropped_chars;   // ... and the most frequent of them, twenty at most.

  double pieces_per_word() const { return ratio(num_pieces, num_words); }
  double unknown_rate() const { return ratio(num_unknown_words, num_words); }
  double single_char_rate() const { return ratio(num_single_char_pieces, num_pieces); }

 private:
  static double ratio(std::int64_t part, std::int64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
  }
};

VocabularyCoverage measure_coverage(const WordCounts& words, const Tokenizer& tokenizer);

// The same of a corpus. Words are what the tokenizer makes of the text; those of one that knows no words stand between white
// space and punctuation.
VocabularyCoverage measure_coverage(CorpusReader& corpus, const CountingOptions& options, const Tokenizer& tokenizer);

}  // namespace bertforge
