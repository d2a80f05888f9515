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

// Where white space ("\r" included) belongs to no piece: at a line's end; for Google's programs at both of its ends.
enum class LineTrim { kEnd, kBothEnds };

// The lines of a vocab.txt, trimmed.
std::vector<std::string> read_vocab_txt(const std::filesystem::path& vocab_txt, LineTrim trim = LineTrim::kEnd);

// Whether a line of a vocab.txt can hold the piece, so that it comes back: not where it is empty, ends with white space
// or has a line feed in it.
bool fits_vocab_txt(std::string_view piece);

class Vocabulary {
 public:
  // `origin` names the pieces in messages: a file. Error(kInput) on an empty list, on a piece that stands twice or is not
  // UTF-8; the message names the origin and the line.
  Vocabulary(std::vector<std::string> pieces, const std::string& origin);
  Vocabulary(const Vocabulary&) = delete;
  Vocabulary& operator=(const Vocabulary&) = delete;
  Vocabulary(Vocabulary&&) = default;
  Vocabulary& operator=(Vocabulary&&) = default;

  // A line of white space alone is a piece that fits no word (bert-base-chinese has one).
  static Vocabulary from_file(const std::filesystem::path& vocab_txt, LineTrim trim = LineTrim::kEnd);

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
