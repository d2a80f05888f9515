#pragma once
// What the pieces of a WordPiece vocabulary are in decoded text. It depends on one thing beside the piece: whether it is the
// text's first. Hugging Face tokenizers 0.23.2 cleans spaces before marks away piece by piece (decoders/wordpiece.rs), so that
// all of it can be made beforehand. Keras cleans nothing, and leaves an indicator that stands alone as it is.
//
// Fed by WordPieceTokenizer, for its decode().

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bertforge/text/compat.h"
#include "bertforge/text/vocabulary.h"

namespace bertforge {

class PieceTexts {
 public:
  PieceTexts(const Vocabulary& vocabulary, std::string_view suffix_indicator, Compat compat);

  // REQUIRES: `id` is in the vocabulary.
  std::string_view first(TokenId id) const { return text(2 * static_cast<std::size_t>(id)); }
  std::string_view later(TokenId id) const { return text(2 * static_cast<std::size_t>(id) + 1); }

 private:
  void append(std::string_view text);
  std::string_view text(std::size_t i) const {
    return std::string_view(texts_).substr(begins_[i], begins_[i + 1] - begins_[i]);
  }

  std::string texts_;  // First and later text of each piece in turn.
  std::vector<std::size_t> begins_ = {0};
};

}  // namespace bertforge
