#include "bertforge/text/char_table.h"

#include <algorithm>

#include "unicode_tables.h"

namespace bertforge {

namespace {

constexpr char32_t kCapitalIWithDot = 0x130, kCombiningDotAbove = 0x307;

// Unicode, section 3.12: a syllable is an index into leading consonant x vowel x trailing consonant.
CodePoints decompose_hangul(char32_t code) {
  const char32_t index = code - 0xAC00, trailing = index % 28;
  CodePoints parts{{0x1100 + index / (21 * 28), 0x1161 + index % (21 * 28) / 28, 0x11A7 + trailing}, 2};
  if (trailing != 0) parts.size = 3;
  return parts;
}

}  // namespace

const CharTable& CharTable::of(Compat compat) {
  static const CharTable huggingface;
  if (compat == Compat::kHuggingFace) return huggingface;
  if (compat == Compat::kGoogle) {
    static const CharTable google(unicode_tables::kGoogleDifferences);
    return google;
  }
  static const CharTable keras(unicode_tables::kKerasDifferences);
  return keras;
}

CharTable::CharTable() {
  pages_.emplace_back();
  using namespace unicode_tables;
  add({.classes = {kClassRanges, kNumClassRanges},
       .cases = {kCaseRuns, kNumCaseRuns},
       .combining = {kCombiningRanges, kNumCombiningRanges},
       .decompositions = {kDecompositions, kNumDecompositions},
       .texts = kDecomposed});
}

CharTable::CharTable(const unicode_tables::Differences& differences) : CharTable() { add(differences); }

void CharTable::add(const unicode_tables::Differences& differences) {
  for (const auto& range : differences.classes) {
    for (char32_t c = range.first; c <= range.last; ++c) at(c).classes ^= range.character_class;
  }
  for (const auto& run : differences.cases) {
    for (char32_t c = run.first; c <= run.last; c += static_cast<char32_t>(run.step)) {
      at(c).lower_case_offset = run.difference;
    }
  }
  for (const auto& range : differences.combining) {
    for (char32_t c = range.first; c <= range.last; ++c) at(c).combining_class = range.combining_class;
  }
  for (const auto& entry : differences.decompositions) {
    if (entry.length > 0) decompositions_.emplace_back(differences.texts + entry.begin, entry.length);
    at(entry.code).decomposition = entry.length > 0 ? static_cast<std::uint16_t>(decompositions_.size()) : 0;
  }
}

CharProperties& CharTable::at(char32_t code) {
  std::uint16_t& page = page_of_[code / kPageSize];
  if (page == 0) {
    page = static_cast<std::uint16_t>(pages_.size());
    pages_.emplace_back();
  }
  return pages_[page][code % kPageSize];
}

CodePoints CharTable::lower_case(char32_t code) const {
  if (code == kCapitalIWithDot) return {{U'i', kCombiningDotAbove}, 2};
  return {{static_cast<char32_t>(static_cast<std::int32_t>(code) + (*this)[code].lower_case_offset)}, 1};
}

CodePoints CharTable::decompose(char32_t code) const {
  if (code >= 0xAC00 && code <= 0xD7A3) return decompose_hangul(code);
  const std::uint16_t index = (*this)[code].decomposition;
  if (index == 0) return {{code}, 1};
  const std::span<const char32_t> text = decompositions_[index - 1];
  CodePoints parts{{}, text.size()};
  std::ranges::copy(text, parts.codes.begin());
  return parts;
}

}  // namespace bertforge
