#pragma once
// The words of a corpus and how often each stands there.
//
// Fed by corpus_reader.h; feeds vocabulary_trainer.h and the coverage report. Words are what normalizer and pre-tokenizer
// make of the text, so a vocabulary learned from them fits the tokenizer that will use it.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bertforge/text/corpus_reader.h"
#include "bertforge/text/tokenizer_config.h"

namespace bertforge {

struct WordCount {
  std::string word;
  std::int64_t count = 0;
  bool operator==(const WordCount&) const = default;
};

using WordCounts = std::vector<WordCount>;  // Sorted by word, each once.

struct CountingOptions {
  std::string_view marker = {};  // An occurrence of it between white space counts as no word; "": there is no marker.
  int num_threads = 0;           // 0: all of the machine.
  // What the different words may cost at the end of every 8 MiB of text, each its bytes and kWordCost; 0: no limit. Where it
  // is more, the rarest are forgotten, all up to the count that leaves half of it. A word that comes again after
  // that begins at 0: rare words' counts may be too low.
  std::int64_t max_cost = 0;
};

inline constexpr std::int64_t kWordCost = 40;  // Bytes of memory in the table, beside the text.

struct CountedWords {
  WordCounts words;
  std::int64_t num_forgotten = 0;    // Occurrences of words that were forgotten.
  std::int64_t forgotten_up_to = 0;  // Words that occur more often than this were never forgotten; 0: none was.
};

// Counts all of `corpus`. The result depends on the text and max_cost alone, not on the number of threads.
CountedWords count_words(CorpusReader& corpus, const TokenizerConfig& config, const CountingOptions& options);

// The words of one text.
WordCounts count_words(std::string_view text, const TokenizerConfig& config);

}  // namespace bertforge
