#include <algorithm>
#include <string>

#include "bertforge/text/unicode.h"
#include "chunk_encoder.h"

namespace bertforge {

namespace {

bool is_upper(int c) { return c >= 'A' && c <= 'Z'; }
char lower_of(int c) { return static_cast<char>(is_upper(c) ? c - 'A' + 'a' : c); }

// Sets the kind of character `c` by what becomes of it between two letters; false where no chunk could be made of that.
bool classify(int c, const std::vector<std::string>& words, AsciiClasses& classes, bool& lowers) {
  const std::string self(1, static_cast<char>(c));
  if (words == std::vector<std::string>{"a", "b"}) {
    classes.kinds[c] = AsciiClasses::kBoundary;
  } else if (words == std::vector<std::string>{"a", self, "b"}) {
    classes.kinds[c] = AsciiClasses::kBoundary | AsciiClasses::kToken;
    classes.stays[c] = true;
  } else if (words == std::vector<std::string>{"a" + self + "b"}) {
    classes.stays[c] = true;
  } else if (is_upper(c) && words == std::vector<std::string>{std::string("a") + lower_of(c) + "b"}) {
    lowers = true;
  } else {
    return words == std::vector<std::string>{"ab"};  // Deleted; the cache keeps what is left of the chunk.
  }
  return true;
}

void fill_rows(const AsciiClasses& classes, std::uint8_t kind, std::uint8_t (&rows)[16]) {
  for (int c = 0; c < 128; ++c) {
    if (classes.kinds[c] & kind) rows[c & 15] = static_cast<std::uint8_t>(rows[c & 15] | 1 << (c >> 4));
  }
}

}  // namespace

std::optional<AsciiClasses> find_ascii_classes(const CodePointWords::WordsOf& words_of) {
  AsciiClasses classes{};
  for (int c = 0; c < 128; ++c) {
    bool lowers = false;
    if (!classify(c, words_of({"a" + std::string(1, static_cast<char>(c)) + "b"}), classes, lowers))
      return std::nullopt;
    if (is_upper(c) && c > 'A' && lowers != classes.lowers) return std::nullopt;  // All of the letters or none.
    if (is_upper(c)) classes.lowers = lowers;
  }
  for (int c = 0; c < 128; ++c) classes.lower[c] = static_cast<std::uint8_t>(classes.lowers ? lower_of(c) : c);
  fill_rows(classes, AsciiClasses::kBoundary, classes.boundary_rows);
  fill_rows(classes, AsciiClasses::kToken, classes.token_rows);
  return classes;
}

std::size_t AsciiClasses::find_boundary(std::string_view text) const {
  const auto is_boundary = [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 128 && (kinds[byte] & kBoundary) != 0;
  };
  return static_cast<std::size_t>(std::ranges::find_if(text, is_boundary) - text.begin());
}

}  // namespace bertforge
