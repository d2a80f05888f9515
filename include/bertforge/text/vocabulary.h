#pragma once
// The vocabulary: pieces and their ids, one to one.
//
// Fed by a vocab.txt (one piece a line, the id is the line number from 0), a tokenizer.json or the trainer; feeds
// wordpiece.h. Source of the trimming rule: Hugging Face tokenizers 0.23.2, WordPiece::from_file.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bertforge/text/tokenizer.h"

namespace bertforge {

class Vocabulary {
 public:
  // `origin` names the pieces in messages: a file. Error(kInput) on an empty list, on a piece that stands twice or is not
  // UTF-8; the message names the origin and the line.
  Vocabulary(std::vector<std::string> pieces, const std::string& origin);
  Vocabulary(const Vocabulary&) = delete;
  Vocabulary& operator=(const Vocabulary&) = delete;
  Vocabulary(Vocabulary&&) = default;
  Vocabulary& operator=(Vocabulary&&) = default;

  // White space at a line's end, "\r" included, belongs to no piece. A line of nothing else is a piece that fits no word
  // (bert-base-chinese has one).
  static Vocabulary from_file(const std::filesystem::path& vocab_txt);

  std::optional<TokenId> find(std::string_view piece) const;
  const std::string& piece(TokenId id) const { return pieces_[static_cast<std::size_t>(id)]; }
  const std::vector<std::string>& pieces() const { return pieces_; }
  std::int64_t size() const { return static_cast<std::int64_t>(pieces_.size()); }

  std::string to_text() const;  // The content of vocab.txt.

 private:
  std::vector<std::string> pieces_;
  std::unordered_map<std::string_view, TokenId> ids_;  // Views into pieces_, whose strings never move.
};

}  // namespace bertforge
