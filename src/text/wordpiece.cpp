#include "bertforge/text/wordpiece.h"

#include <algorithm>

#include "bertforge/text/unicode.h"

namespace bertforge {

WordPiece::WordPiece(const Vocabulary& vocabulary, TokenId unknown, const std::string& suffix_indicator,
                     const WordLimit& limit)
    : unknown_(unknown), max_word_size_(static_cast<std::size_t>(limit.max_size)), limits_bytes_(limit.in_bytes) {
  first_.ids.reserve(vocabulary.pieces().size());
  continuing_.ids.reserve(vocabulary.pieces().size());
  for (TokenId id = 0; id < vocabulary.size(); ++id) {
    const std::string_view piece = vocabulary.piece(id);
    first_.add(piece, id);
    if (piece.starts_with(suffix_indicator)) continuing_.add(piece.substr(suffix_indicator.size()), id);
  }
}

void WordPiece::Candidates::add(std::string_view piece, TokenId id) {
  if (piece.empty()) return;
  ids.emplace(piece, id);
  longest = std::max(longest, piece.size());
}

std::optional<WordPiece::Match> WordPiece::Candidates::longest_match(std::string_view rest) const {
  const auto is_inside_code_point = [&](std::size_t i) {
    return i < rest.size() && (static_cast<unsigned char>(rest[i]) & 0xC0) == 0x80;
  };
  for (std::size_t length = std::min(longest, rest.size()); length > 0; --length) {
    if (is_inside_code_point(length)) continue;
    const auto entry = ids.find(rest.substr(0, length));
    if (entry != ids.end()) return Match{entry->second, static_cast<std::uint32_t>(length)};
  }
  return std::nullopt;
}

bool WordPiece::is_too_long(std::string_view word) const {
  return word.size() > max_word_size_ && (limits_bytes_ || count_code_points(word) > max_word_size_);
}

void WordPiece::encode(std::string_view word, std::vector<WordPart>& parts) const {
  const std::size_t num_before = parts.size();
  const auto size = static_cast<std::uint32_t>(word.size());
  const auto become_unknown = [&] {
    parts.resize(num_before);
    parts.push_back({unknown_, 0, size});
  };
  if (is_too_long(word)) return become_unknown();
  for (std::uint32_t begin = 0; begin < size; begin = parts.back().end) {
    const Candidates& candidates = begin == 0 ? first_ : continuing_;
    const auto match = candidates.longest_match(word.substr(begin));
    if (!match) return become_unknown();
    parts.push_back({match->id, begin, begin + match->length});
  }
}

}  // namespace bertforge
