#include "suffix_table.h"

#include <algorithm>

#include "bertforge/base/error.h"
#include "bertforge/text/unicode.h"

namespace bertforge {

SuffixTable::SuffixTable(const std::vector<std::string_view>& words) : num_words_(words.size()) {
  std::vector<Occurrence> whole, continuing;
  std::uint64_t place = 0;
  for (const std::string_view word : words) {
    for (std::size_t position = 0; position < word.size(); ++place) {
      (position == 0 ? whole : continuing).push_back({word.substr(position), place});
      decode_utf8(word, position);
    }
    begins_.push_back(place);
  }
  places_.resize(place);
  add_suffixes(std::move(whole));
  BERTFORGE_CHECK(suffixes_.size() == num_words_, "a word stands twice among those to learn from, or is empty");
  add_suffixes(std::move(continuing));
}

void SuffixTable::add_suffixes(std::vector<Occurrence> occurrences) {
  std::sort(occurrences.begin(), occurrences.end(),
            [](const Occurrence& a, const Occurrence& b) { return a.text < b.text; });
  std::vector<Index> prefixes;  // Of the last suffix and itself, each the beginning of the next.
  for (const auto& [text, place] : occurrences) {
    if (prefixes.empty() || suffixes_[prefixes.back()].text != text) {
      // In this order, what begins with a text stands in a row behind it.
      while (!prefixes.empty() && !text.starts_with(suffixes_[prefixes.back()].text)) prefixes.pop_back();
      const Index prefix = prefixes.empty() ? kNone : prefixes.back();
      prefixes.push_back(static_cast<Index>(suffixes_.size()));
      suffixes_.push_back({text, prefix, static_cast<std::uint32_t>(count_code_points(text))});
    }
    places_[place] = prefixes.back();
  }
  BERTFORGE_CHECK(suffixes_.size() < kNone, "more than 2^32 suffixes");
}

}  // namespace bertforge
