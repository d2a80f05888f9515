#include "bertforge/text/unicode.h"

#include <cstring>
#include <memory>
#include <vector>

#include "bertforge/base/error.h"
#include "unicode_tables.h"

namespace bertforge {

namespace {

constexpr char32_t kMaxCodePoint = 0x10FFFF;
constexpr char32_t kCapitalIWithDot = 0x130, kCombiningDotAbove = 0x307;
constexpr std::size_t kPageSize = 256, kNumPages = (kMaxCodePoint + 1) / kPageSize;

// The compact ranges unfolded: pages of 256 code points, the many pages without any property being one and the same.
class PropertyTable {
 public:
  PropertyTable() {
    pages_.emplace_back();
    using namespace unicode_tables;
    for (std::size_t i = 0; i < kNumClassRanges; ++i) {
      const ClassRange& range = kClassRanges[i];
      for (char32_t c = range.first; c <= range.last; ++c) at(c).classes |= range.character_class;
    }
    for (std::size_t i = 0; i < kNumCaseRuns; ++i) {
      const CaseRun& run = kCaseRuns[i];
      for (char32_t c = run.first; c <= run.last; c += run.step) at(c).lower_case_offset = run.difference;
    }
    for (std::size_t i = 0; i < kNumCombiningRanges; ++i) {
      const CombiningRange& range = kCombiningRanges[i];
      for (char32_t c = range.first; c <= range.last; ++c) at(c).combining_class = range.combining_class;
    }
    for (std::size_t i = 0; i < kNumDecompositions; ++i) {
      at(kDecompositions[i].code).decomposition = static_cast<std::uint16_t>(i + 1);
    }
  }

  const CharProperties& operator[](char32_t code) const { return pages_[page_of_[code / kPageSize]][code % kPageSize]; }

 private:
  using Page = std::array<CharProperties, kPageSize>;

  CharProperties& at(char32_t code) {
    std::uint16_t& page = page_of_[code / kPageSize];
    if (page == 0) {
      page = static_cast<std::uint16_t>(pages_.size());
      pages_.emplace_back();
    }
    return pages_[page][code % kPageSize];
  }

  std::array<std::uint16_t, kNumPages> page_of_{};
  std::vector<Page> pages_;
};

const PropertyTable& table() {
  static const PropertyTable properties;
  return properties;
}

// Unicode, section 3.12: a syllable is an index into leading consonant x vowel x trailing consonant.
CodePoints decompose_hangul(char32_t code) {
  const char32_t index = code - 0xAC00, trailing = index % 28;
  CodePoints parts{{0x1100 + index / (21 * 28), 0x1161 + index % (21 * 28) / 28, 0x11A7 + trailing}, 2};
  if (trailing != 0) parts.size = 3;
  return parts;
}

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

std::string_view trim_end(std::string_view text) {
  std::size_t end = 0;
  for (std::size_t position = 0; position < text.size();) {
    if (!char_properties(decode_utf8(text, position)).is(kSeparator)) end = position;
  }
  return text.substr(0, end);
}

const CharProperties& char_properties(char32_t code) {
  BERTFORGE_CHECK(code <= kMaxCodePoint, "code point ", static_cast<std::uint32_t>(code));
  return table()[code];
}

CodePoints lower_case(char32_t code) {
  if (code == kCapitalIWithDot) return {{U'i', kCombiningDotAbove}, 2};
  return {{static_cast<char32_t>(static_cast<std::int32_t>(code) + char_properties(code).lower_case_offset)}, 1};
}

CodePoints decompose(char32_t code) {
  if (code >= 0xAC00 && code <= 0xD7A3) return decompose_hangul(code);
  const std::uint16_t index = char_properties(code).decomposition;
  if (index == 0) return {{code}, 1};
  const unicode_tables::Decomposition& entry = unicode_tables::kDecompositions[index - 1];
  CodePoints parts{{}, entry.length};
  for (std::size_t i = 0; i < entry.length; ++i) parts.codes[i] = unicode_tables::kDecomposed[entry.begin + i];
  return parts;
}

}  // namespace bertforge
