#pragma once
// Code points: UTF-8 in and out, white space; and the character table of Compat::kHuggingFace for all that is not a
// tokenizer with a Compat of its own.
//
// Used by every stage of the tokenizer.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "bertforge/text/char_table.h"

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

// REQUIRES: code <= U+10FFFF.
const CharProperties& char_properties(char32_t code);

// White space is what Unicode calls so (kSeparator): ASCII's, U+0085, U+00A0, U+3000 and others.
bool is_blank(std::string_view text);  // Whether it is empty or white space alone.
std::string_view trim_begin(std::string_view text);
std::string_view trim_end(std::string_view text);

// Those of CharTable::of(Compat::kHuggingFace).
CodePoints lower_case(char32_t code);  // One code point, but U+0130, which gives two.
CodePoints decompose(char32_t code);   // The full canonical decomposition; `code` itself where there is none.

}  // namespace bertforge
