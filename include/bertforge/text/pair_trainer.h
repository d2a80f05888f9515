#pragma once
// `pairs`: pairs of neighbouring pieces are joined, the most frequent pair first.
//
// Fed by word_counter.h; feeds Vocabulary. Source: Hugging Face tokenizers' WordPieceTrainer, which is byte-pair encoding
// (Sennrich et al. 2016) with "##" on pieces that continue a word. Unlike there, the result is a function of the words and
// the options alone: equal counts are settled by the strings of the pair, counters have 64 bits, and words that no
// vocabulary of this alphabet could encode are left out (docs/tokenizer.md).

#include <string>
#include <vector>

#include "bertforge/text/tokenizer_config.h"
#include "bertforge/text/vocabulary_config.h"
#include "bertforge/text/word_counter.h"

namespace bertforge {

// The pieces by id: special tokens, the alphabet, the alphabet with `suffix_indicator` (each by code point), then the joined
// pieces in the order of joining. Fewer than vocab_size where no pair is frequent enough (min_frequency 0 means 2).
// Error(kUsage) where vocab_size has no room for what stands first; the message says the smallest possible size.
// Error(kInput) where there is no word.
std::vector<std::string> train_pairs(const WordCounts& words, const VocabularyConfig& config,
                                     const TokenizerConfig& tokenizer = {});

}  // namespace bertforge
