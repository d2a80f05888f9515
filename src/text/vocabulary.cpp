#include "bertforge/text/vocabulary.h"

#include <algorithm>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/text/require_text.h"
#include "bertforge/text/unicode.h"

namespace bertforge {

namespace {

constexpr std::size_t kBytesLookedAt = 4096;

// A piece has no white space in it, a sentence has: text of another kind is told as such, before the first repeated line is.
void require_pieces(const std::vector<std::string>& lines, const std::string& origin) {
  const auto num_spaced =
      std::ranges::count_if(lines, [](const std::string& line) { return line.find(' ') != std::string::npos; });
  if (2 * num_spaced <= std::ssize(lines)) return;
  fail(ErrorKind::kInput, origin, " is no vocabulary: ", num_spaced, " of its ", lines.size(),
       " lines have spaces in them; one piece a line is expected (a vocabulary of a text: bertforge vocab)");
}

}  // namespace

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
  require_text(std::string_view(content).substr(0, kBytesLookedAt), vocab_txt.string());
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
  std::vector<std::string> pieces = read_vocab_txt(vocab_txt, trim);
  require_pieces(pieces, vocab_txt.string());
  return Vocabulary(std::move(pieces), vocab_txt.string());
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
