#pragma once
// Code points: UTF-8 in and out, character classes, lower case, canonical decomposition (NFD).
//
// Used by every stage of the tokenizer. The tables are frozen: measured from Hugging Face tokenizers 0.23.2, whose parts
// stem from several Unicode versions, so that ids depend neither on ICU nor on the machine (docs/tokenizer.md).

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bertforge {

inline constexpr char32_t kReplacementCharacter = 0xFFFD;

// Reads the code point at `position` (REQUIRES: position < text.size()) and moves `position` past it. Bytes that are not
// UTF-8 give U+FFFD, one for each longest beginning of a sequence, as Python's errors="replace" and the WHATWG decoder do.
char32_t decode_utf8(std::string_view text, std::size_t& position);

// REQUIRES: `code` is a scalar value (no surrogate, at most U+10FFFF).
void append_utf8(std::string& text, char32_t code);

// The position of the first byte that is not UTF-8; npos if there is none.
std::size_t find_invalid_utf8(std::string_view text);

// How often decode_utf8 gives U+FFFD for bytes of `text` that are not UTF-8; one that is written there does not count. Passes
// over ASCII eight bytes at a time.
std::size_t count_invalid_utf8(std::string_view text);

std::size_t count_code_points(std::string_view text);

// Bits of CharProperties::classes. NOTE: the values stand in the generated table.
enum CharClass : std::uint8_t {
  kDropped = 1,          // clean_text deletes it: controls, formats, private use, U+0000, U+FFFD.
  kSpace = 2,            // clean_text makes it U+0020.
  kSeparator = 4,        // Parts words even where clean_text is off (White_Space of Unicode).
  kCjk = 8,              // A word of its own with split_cjk.
  kPunctuation = 16,     // A word of its own.
  kNonspacingMark = 32,  // strip_accents deletes it.
};

struct CharProperties {
  std::uint8_t classes = 0;            // Bits of CharClass.
  std::uint8_t combining_class = 0;    // Canonical combining class; 0: starts a new run.
  std::uint16_t decomposition = 0;     // 1 + index into the table of decompositions; 0: none, or Hangul.
  std::int32_t lower_case_offset = 0;  // Lower case minus code point.

  bool is(std::uint8_t any_of) const { return (classes & any_of) != 0; }
};

// REQUIRES: code <= U+10FFFF.
const CharProperties& char_properties(char32_t code);

// White space is what Unicode calls so (kSeparator): ASCII's, U+0085, U+00A0, U+3000 and others.
bool is_blank(std::string_view text);  // Whether it is empty or white space alone.
std::string_view trim_end(std::string_view text);

// A few code points in place.
struct CodePoints {
  std::array<char32_t, 4> codes{};
  std::size_t size = 0;

  const char32_t* begin() const { return codes.data(); }
  const char32_t* end() const { return codes.data() + size; }
};

CodePoints lower_case(char32_t code);  // One code point, but U+0130, which gives two.
CodePoints decompose(char32_t code);   // The full canonical decomposition; `code` itself where there is none.

}  // namespace bertforge
