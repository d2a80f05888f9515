#pragma once
// WordPiece encoding: a word into pieces, the longest that fits first.
//
// Fed by words.h; feeds wordpiece_tokenizer.h. Pieces after a word's first carry the suffix indicator ("##"). A word with a
// place where no piece fits, or longer than the limit, is one unknown piece.
// Source: Wu et al. 2016, section 4.1; Hugging Face tokenizers 0.23.2, WordPiece::tokenize.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bertforge/text/vocabulary.h"

namespace bertforge {

// A piece and the bytes of the word it stands for.
struct WordPart {
  TokenId id;
  std::uint32_t begin, end;
};

// The longest word that is looked up.
struct WordLimit {
  std::int64_t max_size;
  bool in_bytes = false;  // Keras counts bytes, the others code points.
};

class WordPiece {
 public:
  // Keeps views into `vocabulary`, which outlives it.
  WordPiece(const Vocabulary& vocabulary, TokenId unknown, const std::string& suffix_indicator, const WordLimit& limit);

  // Appends the parts of `word` (UTF-8; empty: none).
  void encode(std::string_view word, std::vector<WordPart>& parts) const;

  bool is_too_long(std::string_view word) const;
  TokenId unknown() const { return unknown_; }

 private:
  struct Match {
    TokenId id;
    std::uint32_t length;  // In bytes.
  };

  // Pieces that may stand at one place, and the length in bytes of the longest.
  struct Candidates {
    std::unordered_map<std::string_view, TokenId> ids;
    std::size_t longest = 0;

    void add(std::string_view piece, TokenId id);
    std::optional<Match> longest_match(std::string_view rest) const;  // The longest piece that `rest` begins with.
  };

  Candidates first_, continuing_;  // Continuing ones without the suffix indicator.
  TokenId unknown_;
  std::size_t max_word_size_;
  bool limits_bytes_;
};

}  // namespace bertforge
