#include "case_folding.h"

#include <algorithm>

#include "bertforge/text/unicode.h"
#include "unicode_tables.h"

namespace bertforge {

namespace {

std::uint64_t pair_key(char32_t first, char32_t second) {
  return (static_cast<std::uint64_t>(first) << 32) | static_cast<std::uint64_t>(second);
}

SourceSpan hull(const SourceSpan& a, const SourceSpan& b) {
  return {std::min(a.byte_begin, b.byte_begin), std::max(a.byte_end, b.byte_end), std::min(a.char_begin, b.char_begin),
          std::max(a.char_end, b.char_end)};
}

// Unicode, section 3.12: leading consonant and vowel, or that and a trailing consonant; 0 for other pairs.
char32_t compose_hangul(char32_t first, char32_t second) {
  constexpr char32_t kFirst = 0xAC00, kLeading = 0x1100, kVowel = 0x1161, kTrailing = 0x11A7;
  constexpr char32_t kNumLeading = 19, kNumVowels = 21, kNumTrailing = 28;
  if (first - kLeading < kNumLeading && second - kVowel < kNumVowels) {
    return kFirst + ((first - kLeading) * kNumVowels + second - kVowel) * kNumTrailing;
  }
  const bool lacks_trailing =
      first - kFirst < kNumLeading * kNumVowels * kNumTrailing && (first - kFirst) % kNumTrailing == 0;
  if (lacks_trailing && second > kTrailing && second - kTrailing < kNumTrailing) return first + second - kTrailing;
  return 0;
}

}  // namespace

const CaseFolding& CaseFolding::keras() {
  static const CaseFolding folding;
  return folding;
}

// The tables hold full decompositions. A pair is a composite of all but the last code point, and that one.
CaseFolding::CaseFolding() : table_(CharTable::of(Compat::kKeras)) {
  const auto& tables = unicode_tables::kKerasCaseFolding;
  for (const auto& fold : tables.folds)
    folds_.emplace(fold.code, std::u32string_view(tables.texts + fold.begin, fold.length));

  std::unordered_map<std::u32string, char32_t> by_decomposition;
  for (char32_t code = 0; code <= kMaxCodePoint; ++code) {
    if (!table_.has_decomposition(code) || std::ranges::find(tables.not_composed, code) != tables.not_composed.end()) {
      continue;
    }
    const CodePoints parts = table_.decompose(code);
    if (parts.size > 1) by_decomposition.emplace(std::u32string(parts.begin(), parts.end()), code);
  }
  for (const auto& [parts, code] : by_decomposition) {
    const auto all_but_last = by_decomposition.find(parts.substr(0, parts.size() - 1));
    const char32_t first = all_but_last == by_decomposition.end() ? parts.front() : all_but_last->second;
    composites_.emplace(pair_key(first, parts.back()), code);
  }
}

bool CaseFolding::is_folded_away(char32_t code) const {
  const auto ranges = unicode_tables::kKerasCaseFolding.folded_away;
  return std::ranges::any_of(ranges, [&](const auto& range) { return code >= range.first && code <= range.last; });
}

void CaseFolding::add(char32_t code, const SourceSpan& source, std::vector<Part>& parts) const {
  const auto put = [&](char32_t part) { parts.push_back({part, table_[part].combining_class, source}); };
  const auto put_fold = [&](char32_t part) {
    const auto fold = folds_.find(part);
    if (fold == folds_.end()) return false;
    for (const char32_t folded : fold->second) put(folded);
    return true;
  };
  if (put_fold(code)) return;
  for (const char32_t part : table_.decompose(code)) {
    if (put_fold(part) || is_folded_away(part)) continue;
    put(static_cast<char32_t>(static_cast<std::int32_t>(part) + table_[part].lower_case_offset));
  }
}

char32_t CaseFolding::composite(char32_t first, char32_t second) const {
  const auto entry = composites_.find(pair_key(first, second));
  return entry != composites_.end() ? entry->second : compose_hangul(first, second);
}

// Each character joins the last starter if they have a composite, and no other mark of its class or above stands between.
void CaseFolding::compose(std::vector<Part>& parts) const {
  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::size_t starter = kNone, size = 0;
  for (const Part& part : parts) {
    const bool is_next = starter != kNone && starter + 1 == size;
    const bool is_reachable = starter != kNone && (is_next || parts[size - 1].combining_class < part.combining_class);
    const char32_t composed = is_reachable ? composite(parts[starter].code, part.code) : 0;
    if (composed != 0) {
      parts[starter].code = composed;
      parts[starter].source = hull(parts[starter].source, part.source);
      continue;
    }
    if (part.combining_class == 0) starter = size;
    parts[size++] = part;
  }
  parts.resize(size);
}

// Marks in canonical order, as Unicode's section 3.11 has it. Sources keep the order of the original, as the normalizer's do:
// what stands first in a word comes from no later than what follows.
void CaseFolding::put_marks_in_order(std::vector<Part>& parts) {
  const auto is_starter = [](const Part& part) { return part.combining_class == 0; };
  for (auto begin = parts.begin(); begin != parts.end();) {
    const auto end = std::find_if(begin, parts.end(), is_starter);
    std::vector<SourceSpan> sources;
    for (auto part = begin; part != end; ++part) sources.push_back(part->source);
    std::stable_sort(begin, end, [](const Part& a, const Part& b) { return a.combining_class < b.combining_class; });
    for (std::size_t i = 0; i < sources.size(); ++i) begin[static_cast<std::ptrdiff_t>(i)].source = sources[i];
    begin = std::find_if_not(end, parts.end(), is_starter);
  }
}

void CaseFolding::fold(std::string_view word, const SourceSpan* sources, NormalizedText& out) const {
  std::vector<Part> parts;
  for (std::size_t position = 0; position < word.size();) {
    const std::size_t begin = position;
    const char32_t code = decode_utf8(word, position);
    add(code, sources != nullptr ? sources[begin] : SourceSpan(), parts);
  }
  put_marks_in_order(parts);
  compose(parts);
  for (const Part& part : parts) {
    append_utf8(out.text, part.code);
    if (sources != nullptr) out.sources.resize(out.text.size(), part.source);
  }
}

}  // namespace bertforge
