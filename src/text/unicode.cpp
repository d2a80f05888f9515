#include "bertforge/text/unicode.h"

#include <cstring>

#include "bertforge/base/error.h"

namespace bertforge {

namespace {

// What a first byte says: how many bytes follow, and in which range the second one must lie (Unicode, table 3-7).
struct LeadByte {
  int num_following;
  unsigned char second_min, second_max;
};

LeadByte lead_byte(unsigned char byte) {
  if (byte >= 0xC2 && byte <= 0xDF) return {1, 0x80, 0xBF};
  if (byte == 0xE0) return {2, 0xA0, 0xBF};
  if (byte == 0xED) return {2, 0x80, 0x9F};  // Surrogates are no characters.
  if (byte >= 0xE1 && byte <= 0xEF) return {2, 0x80, 0xBF};
  if (byte == 0xF0) return {3, 0x90, 0xBF};
  if (byte >= 0xF1 && byte <= 0xF3) return {3, 0x80, 0xBF};
  if (byte == 0xF4) return {3, 0x80, 0x8F};
  return {0, 0, 0};
}

// Moves `position` past the code point there; false where its bytes are not UTF-8.
bool skip_code_point(std::string_view text, std::size_t& position) {
  const std::size_t begin = position;
  return decode_utf8(text, position) != kReplacementCharacter || text.substr(begin, position - begin) == "\xEF\xBF\xBD";
}

// The first byte from `position` on that is not ASCII, or the end.
std::size_t skip_ascii(std::string_view text, std::size_t position) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  for (std::uint64_t eight; text.size() - position >= sizeof(eight); position += sizeof(eight)) {
    std::memcpy(&eight, text.data() + position, sizeof(eight));
    if ((eight & kHighBits) != 0) break;
  }
  while (position < text.size() && static_cast<unsigned char>(text[position]) < 0x80) ++position;
  return position;
}

}  // namespace

char32_t decode_utf8(std::string_view text, std::size_t& position) {
  const auto first = static_cast<unsigned char>(text[position++]);
  if (first < 0x80) return first;
  LeadByte lead = lead_byte(first);
  if (lead.num_following == 0) return kReplacementCharacter;
  char32_t code = first & (0x3F >> lead.num_following);
  for (int i = 0; i < lead.num_following; ++i) {
    if (position == text.size()) return kReplacementCharacter;
    const auto byte = static_cast<unsigned char>(text[position]);
    if (byte < lead.second_min || byte > lead.second_max) return kReplacementCharacter;
    code = (code << 6) | (byte & 0x3F);
    lead.second_min = 0x80, lead.second_max = 0xBF;
    ++position;
  }
  return code;
}

void append_utf8(std::string& text, char32_t code) {
  const auto tail = [&](int shift) { text += static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xC0 | (code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    text += static_cast<char>(0xE0 | (code >> 12));
    tail(6), tail(0);
  } else {
    text += static_cast<char>(0xF0 | (code >> 18));
    tail(12), tail(6), tail(0);
  }
}

std::size_t find_invalid_utf8(std::string_view text) {
  for (std::size_t position = 0; position < text.size();) {
    const std::size_t begin = position;
    if (!skip_code_point(text, position)) return begin;
  }
  return std::string_view::npos;
}

std::size_t count_invalid_utf8(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t position = 0; (position = skip_ascii(text, position)) < text.size();) {
    count += !skip_code_point(text, position);
  }
  return count;
}

std::size_t count_code_points(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t position = 0; position < text.size(); ++count) decode_utf8(text, position);
  return count;
}

bool is_blank(std::string_view text) {
  for (std::size_t position = 0; position < text.size();) {
    if (!char_properties(decode_utf8(text, position)).is(kSeparator)) return false;
  }
  return true;
}

std::string_view trim_begin(std::string_view text) {
  for (std::size_t position = 0; position < text.size();) {
    const std::size_t begin = position;
    if (!char_properties(decode_utf8(text, position)).is(kSeparator)) return text.substr(begin);
  }
  return {};
}

std::string_view trim_end(std::string_view text) {
  std::size_t end = 0;
  for (std::size_t position = 0; position < text.size();) {
    if (!char_properties(decode_utf8(text, position)).is(kSeparator)) end = position;
  }
  return text.substr(0, end);
}

const CharProperties& char_properties(char32_t code) {
  BERTFORGE_CHECK(code <= kMaxCodePoint, "code point ", static_cast<std::uint32_t>(code));
  return CharTable::of(Compat::kHuggingFace)[code];
}

CodePoints lower_case(char32_t code) { return CharTable::of(Compat::kHuggingFace).lower_case(code); }
CodePoints decompose(char32_t code) { return CharTable::of(Compat::kHuggingFace).decompose(code); }

}  // namespace bertforge
