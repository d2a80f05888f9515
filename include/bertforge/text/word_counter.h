#pragma once
// The words of a corpus and how often each stands there.
//
// Fed by corpus_reader.h; feeds vocabulary_trainer.h and the coverage report. Words are what normalizer and pre-tokenizer
// make of the text, so a vocabulary learned from them fits the tokenizer that will use it.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bertforge/text/corpus_reader.h"
#include "bertforge/text/normalizer.h"
#include "bertforge/text/tokenizer_config.h"

namespace bertforge {

struct WordCount {
  std::string word;
  std::int64_t count = 0;
  bool operator==(const WordCount&) const = default;
};

using WordCounts = std::vector<WordCount>;  // Sorted by word, each once.

class WordCounter {
 public:
  explicit WordCounter(const TokenizerConfig& config) : normalizer_(config.normalizer_options()) {}

  void add(std::string_view text);
  void merge(const WordCounter& other);
  WordCounts counts() const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view word) const { return std::hash<std::string_view>()(word); }
  };

  BertNormalizer normalizer_;
  std::unordered_map<std::string, std::int64_t, Hash, std::equal_to<>> counts_;
  std::string normalized_;               // Reused from call to call.
  std::vector<std::string_view> words_;  // The same.
};

// Counts all of `corpus` on `num_threads` threads (0: all of the machine); the result does not depend on how many.
// An occurrence of `marker` that stands between white space counts as no word ("": there is no marker).
WordCounts count_words(CorpusReader& corpus, const TokenizerConfig& config, std::string_view marker, int num_threads);

}  // namespace bertforge
