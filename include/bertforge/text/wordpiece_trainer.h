#pragma once
// Learning a WordPiece vocabulary: pairs of neighbouring pieces are joined, the most frequent pair first.
//
// Fed by word_counter.h; feeds Vocabulary. Source: Hugging Face tokenizers' WordPieceTrainer, which is byte-pair encoding
// (Sennrich et al. 2016) with "##" on pieces that continue a word. Unlike there, the result is a function of the words and
// the options alone: equal counts are settled by the strings of the pair, counters have 64 bits, and words that no
// vocabulary of this alphabet could encode are left out (docs/tokenizer.md).

#include <cstdint>
#include <string>
#include <vector>

#include "bertforge/text/word_counter.h"
#include "bertforge/text/wordpiece_tokenizer.h"

namespace bertforge {

class FieldList;

struct WordPieceTrainerConfig {
  std::int64_t vocab_size = 30000;
  std::int64_t min_frequency = 2;      // Pairs that occur less often are not joined.
  std::int64_t limit_alphabet = 1000;  // Characters kept, the most frequent; words with others are left out.
  std::int64_t max_token_length = 0;   // Pieces are not joined to longer ones, in characters without "##"; 0: no limit.
  std::string initial_alphabet = {};   // Characters kept whatever the corpus holds.
  std::vector<std::string> special_tokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};  // The first ids, in order.

  void validate() const;  // Error(kUsage)
};

void visit_fields(WordPieceTrainerConfig& config, FieldList& fields);

// The pieces by id: special tokens, the alphabet, the alphabet with `suffix_indicator` (each by code point), then the joined
// pieces in the order of joining. Fewer than vocab_size where no pair is frequent enough.
// Error(kUsage) where vocab_size has no room for what stands first; the message says the smallest possible size.
std::vector<std::string> train_wordpiece(const WordCounts& words, const WordPieceTrainerConfig& config,
                                         const TokenizerConfig& tokenizer = {});

// How well a vocabulary fits words, each counted as often as it occurs.
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
