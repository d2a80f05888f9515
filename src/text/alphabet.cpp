#include "alphabet.h"

#include <algorithm>
#include <limits>
#include <map>

#include "bertforge/text/unicode.h"

namespace bertforge {

std::vector<char32_t> code_points(std::string_view text) {
  std::vector<char32_t> codes;
  for (std::size_t position = 0; position < text.size();) codes.push_back(decode_utf8(text, position));
  return codes;
}

std::string to_utf8(char32_t code) {
  std::string text;
  append_utf8(text, code);
  return text;
}

std::vector<char32_t> choose_alphabet(const WordCounts& words, const VocabularyConfig& config) {
  std::map<char32_t, std::int64_t> counts;
  for (const WordCount& entry : words) {
    for (const char32_t code : code_points(entry.word)) counts[code] += entry.count;
  }
  for (const char32_t code : code_points(config.initial_alphabet))
    counts[code] = std::numeric_limits<std::int64_t>::max();

  std::vector<std::pair<char32_t, std::int64_t>> by_count(counts.begin(), counts.end());
  std::stable_sort(by_count.begin(), by_count.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  const std::size_t limit =
      std::max(static_cast<std::size_t>(config.limit_alphabet), code_points(config.initial_alphabet).size());
  by_count.resize(std::min(by_count.size(), limit));

  std::vector<char32_t> alphabet;
  for (const auto& [code, count] : by_count) alphabet.push_back(code);
  std::sort(alphabet.begin(), alphabet.end());
  return alphabet;
}

}  // namespace bertforge
