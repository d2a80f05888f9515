#pragma once
// The suffixes of a list of words, each once: whole words, and what stands behind a word's beginning. Each knows the longest
// other suffix that it begins with.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bertforge {

class SuffixTable {
 public:
  using Index = std::uint32_t;
  static constexpr Index kNone = ~Index{0};

  struct Suffix {
    std::string_view text;
    Index prefix = kNone;  // The longest suffix of the same kind that `text` begins with.
    std::uint32_t num_chars = 0;
  };

  // `words`: UTF-8, each once. They outlive the table, which holds views of them.
  explicit SuffixTable(const std::vector<std::string_view>& words);

  const std::vector<Suffix>& suffixes() const { return suffixes_; }  // Whole words first.
  bool continues_word(Index suffix) const { return suffix >= num_words_; }

  // Of word w, the suffix behind its first `start` characters: of_word(w)[start].
  const Index* of_word(std::size_t word) const { return places_.data() + begins_[word]; }
  std::size_t word_size(std::size_t word) const { return begins_[word + 1] - begins_[word]; }  // In characters.
  std::size_t num_words() const { return num_words_; }

 private:
  // A suffix where it stands; places that have the same text become one suffix.
  struct Occurrence {
    std::string_view text;
    std::uint64_t place;
  };
  void add_suffixes(std::vector<Occurrence> occurrences);

  std::size_t num_words_;
  std::vector<std::uint64_t> begins_ = {0};  // [words + 1], into places_
  std::vector<Index> places_;                // The suffix of each character of each word.
  std::vector<Suffix> suffixes_;
};

}  // namespace bertforge
