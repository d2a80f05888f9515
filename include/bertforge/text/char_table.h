#pragma once
// What a tokenizer knows of a character: its classes, lower case, canonical decomposition (NFD). There is a table for each
// Compat, because the programs that ids are compared with stem from different versions of Unicode.
//
// Used by every stage of the tokenizer. The tables are frozen: measured from those programs (tools/make_unicode_tables.py,
// tools/make_compat_tables.py), so that ids depend neither on ICU nor on the machine.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "bertforge/text/compat.h"

namespace bertforge {

inline constexpr char32_t kMaxCodePoint = 0x10FFFF;

// Bits of CharProperties::classes. NOTE: the values stand in the generated tables.
enum CharClass : std::uint8_t {
  kDropped = 1,  // clean_text deletes it: controls, formats, U+0000, U+FFFD (huggingface: private use as well).
  kSpace = 2,    // clean_text makes it U+0020.
  kSeparator =
      4,     // Parts words even where clean_text is off (keras: controls and formats do, most white space does not).
  kCjk = 8,  // A word of its own with split_cjk.
  kPunctuation = 16,     // A word of its own.
  kNonspacingMark = 32,  // strip_accents deletes it.
  kCased = 64,           // google: decides, with the next, where a capital sigma is a final one.
  kCaseIgnorable = 128,
};

struct CharProperties {
  std::uint8_t classes = 0;            // Bits of CharClass.
  std::uint8_t combining_class = 0;    // Canonical combining class; 0: starts a new run.
  std::uint16_t decomposition = 0;     // 1 + index into the table of decompositions; 0: none, or Hangul.
  std::int32_t lower_case_offset = 0;  // Lower case minus code point.

  bool is(std::uint8_t any_of) const { return (classes & any_of) != 0; }
};

// A few code points in place.
struct CodePoints {
  std::array<char32_t, 4> codes{};
  std::size_t size = 0;

  const char32_t* begin() const { return codes.data(); }
  const char32_t* end() const { return codes.data() + size; }
};

namespace unicode_tables {
struct Differences;
}

class CharTable {
 public:
  static const CharTable& of(Compat compat);  // Made when first asked for.

  // REQUIRES: code <= kMaxCodePoint.
  const CharProperties& operator[](char32_t code) const { return pages_[page_of_[code / kPageSize]][code % kPageSize]; }

  CodePoints lower_case(char32_t code) const;  // One code point, but U+0130, which gives two.
  CodePoints decompose(char32_t code) const;   // The full canonical decomposition; `code` itself where there is none.
  bool has_decomposition(char32_t code) const { return (*this)[code].decomposition != 0; }  // Hangul aside.

 private:
  static constexpr std::size_t kPageSize = 256, kNumPages = (kMaxCodePoint + 1) / kPageSize;
  using Page = std::array<CharProperties, kPageSize>;

  CharTable();                                                // Hugging Face's.
  CharTable(const unicode_tables::Differences& differences);  // Another one, by where it differs from that.

  void add(const unicode_tables::Differences& differences);
  CharProperties& at(char32_t code);

  // The many pages without any property are one and the same.
  std::array<std::uint16_t, kNumPages> page_of_{};
  std::vector<Page> pages_;
  std::vector<std::span<const char32_t>> decompositions_;
};

}  // namespace bertforge
