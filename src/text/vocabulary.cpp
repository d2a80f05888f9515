#include "bertforge/text/vocabulary.h"

#include <algorithm>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/text/unicode.h"

namespace bertforge {

Vocabulary::Vocabulary(std::vector<std::string> pieces, const std::string& origin) : pieces_(std::move(pieces)) {
  const bool is_blank = std::ranges::all_of(pieces_, &std::string::empty);  // Or has no lines at all.
  if (is_blank) fail(ErrorKind::kInput, origin, ": the vocabulary is empty; one piece a line is expected");
  ids_.reserve(pieces_.size());
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    const std::string& piece = pieces_[i];
    const auto where = [&] { return concat(origin, ":", i + 1, ": "); };
    if (find_invalid_utf8(piece) != std::string::npos) fail(ErrorKind::kInput, where(), "the piece is not UTF-8");
    const auto [entry, is_new] = ids_.emplace(piece, static_cast<TokenId>(i));
    if (!is_new) {
      fail(ErrorKind::kInput, where(), "\"", piece, "\" stands in line ", entry->second + 1,
           " already; pieces are unique");
    }
  }
}

std::vector<std::string> read_vocab_txt(const std::filesystem::path& vocab_txt, LineTrim trim) {
  const std::string content = read_file(vocab_txt);
  std::vector<std::string> pieces;
  for (std::size_t begin = 0; begin < content.size();) {
    const std::size_t end = std::min(content.find('\n', begin), content.size());
    const std::string_view line = trim_end(std::string_view(content).substr(begin, end - begin));
    pieces.emplace_back(trim == LineTrim::kBothEnds ? trim_begin(line) : line);
    begin = end + 1;
  }
  return pieces;
}

bool fits_vocab_txt(std::string_view piece) {
  return !piece.empty() && trim_end(piece) == piece && piece.find('\n') == std::string_view::npos;
}

Vocabulary Vocabulary::from_file(const std::filesystem::path& vocab_txt, LineTrim trim) {
  return Vocabulary(read_vocab_txt(vocab_txt, trim), vocab_txt.string());
}

std::optional<TokenId> Vocabulary::find(std::string_view piece) const {
  const auto entry = ids_.find(piece);
  return entry == ids_.end() ? std::nullopt : std::optional(entry->second);
}

std::string Vocabulary::to_text() const {
  std::string text;
  for (const std::string& piece : pieces_) text.append(piece).append("\n");
  return text;
}

}  // namespace bertforge
