#pragma once
// Text to words: normalizer, pre-tokenizer and, for Compat::kKeras, case folding in a row.
//
// Fed by wordpiece_tokenizer.h and word_counter.h; feeds wordpiece.h. So a vocabulary is learned from the words that the
// tokenizer will look up.

#include <string_view>
#include <vector>

#include "bertforge/text/normalizer.h"
#include "bertforge/text/pretokenizer.h"

namespace bertforge {

// The words of one text. Buffers are kept from text to text.
struct Words {
  std::vector<std::string_view> words;  // Views into the text below.
  NormalizedText normalized;

  // Of every byte of `word`, which is one of `words`, the character it came from. REQUIRES: they were asked for.
  const SourceSpan* sources_of(std::string_view word) const {
    return normalized.sources.data() + (word.data() - normalized.text.data());
  }
};

class WordExtractor {
 public:
  // `split`: as in SplitOptions; without it Chinese characters are not split either.
  WordExtractor(NormalizerOptions options, bool split);

  // Replaces `words` by those of `text`. Thread-safe.
  void extract(std::string_view text, Words& words) const;
  // The same, with sources. REQUIRES: `text` has less than 2^32 bytes (checked).
  void extract_with_sources(std::string_view text, Words& words) const;

  const BertNormalizer& normalizer() const { return normalizer_; }

 private:
  void split(Words& words) const;

  BertNormalizer normalizer_;
  SplitOptions split_;
  bool folds_case_;  // Word by word: what folding makes of a word is not split again.
};

}  // namespace bertforge
