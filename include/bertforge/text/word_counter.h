#pragma once
// The words of a corpus and how often each stands there.
//
// Fed by corpus_reader.h; feeds vocabulary_trainer.h and the coverage report. Words are those that the tokenizer looks up
// (words.h), so a vocabulary learned from them fits it.

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
  // A longer word, in characters, counts as its first max_chars + 1, whatever follows: it is too long for whoever gave the
  // limit, and a text without spaces does not fill memory. 0: no limit.
  std::int64_t max_chars = 0;
  // Different words that may be there at the end of every 8 MiB of text (32 bytes a sentence included); 0: no limit. Where
  // there are more, the rarest are forgotten: all up to the count that leaves half as many. A word that comes again begins
  // at 0, so that counts of rare words may be too low.
  std::int64_t max_words = 0;
};

struct CountedWords {
  WordCounts words;
  std::int64_t num_forgotten = 0;  // Occurrences that are missing in the counts.
  std::int64_t max_error = 0;      // So many at most are missing of one word.
};

// Counts all of `corpus`. The result depends on the text, max_chars and max_words alone, not on the number of threads.
CountedWords count_words(CorpusReader& corpus, const TokenizerConfig& config, const CountingOptions& options);

// The words of one text.
WordCounts count_words(std::string_view text, const TokenizerConfig& config);

}  // namespace bertforge
