#include "code_point_words.h"

#include <limits>

#include "bertforge/text/unicode.h"

namespace bertforge {

namespace {

bool is_surrogate(char32_t code) { return code >= 0xD800 && code <= 0xDFFF; }

}  // namespace

CodePointWords::CodePointWords(WordsOf words_of, MindsNeighbours minds_neighbours)
    : words_of_(std::move(words_of)), minds_neighbours_(std::move(minds_neighbours)), pages_(kNumPages) {}

const CodePointWords::Entry& CodePointWords::ask(char32_t code) {
  std::unique_ptr<Page>& page = pages_[code / kPageSize];
  if (page == nullptr) {
    page = std::make_unique<Page>();
    ++num_pages_made_;
  }
  return (*page)[code % kPageSize] = make_entry(code);
}

CodePointWords::Entry CodePointWords::make_entry(char32_t code) {
  if (is_surrogate(code)) return {Kind::kContext};  // Not met: no UTF-8 gives it.
  std::string probe = "a";
  append_utf8(probe, code);
  probe += "b";
  const std::vector<std::string> words = words_of_(probe);
  const auto is = [&](std::size_t i, std::string_view text) { return words[i] == text; };
  if (words.size() == 1 && words[0].starts_with("a") && words[0].ends_with("b") && words[0].size() >= 2) {
    return make_entry(Kind::kInWord, code, std::string_view(words[0]).substr(1, words[0].size() - 2));
  }
  if (words.size() == 2 && is(0, "a") && is(1, "b")) return {Kind::kSpace};
  if (words.size() == 3 && is(0, "a") && is(2, "b")) return make_entry(Kind::kAlone, code, words[1]);
  return {Kind::kContext};
}

CodePointWords::Entry CodePointWords::make_entry(Kind kind, char32_t code, std::string_view text) {
  if (text.size() > std::numeric_limits<std::uint8_t>::max()) return {Kind::kContext};
  if (minds_neighbours_(code, text)) return {Kind::kContext};
  const Entry entry{kind, static_cast<std::uint8_t>(text.size()), static_cast<std::uint32_t>(texts_.size())};
  texts_.append(text);
  return entry;
}

std::size_t CodePointWords::memory_bytes() const {
  return pages_.capacity() * sizeof(pages_[0]) + num_pages_made_ * sizeof(Page) + texts_.capacity();
}

}  // namespace bertforge
