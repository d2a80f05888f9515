#pragma once
// The learners in the table of vocabulary_trainer.cpp.

#include "bertforge/text/vocabulary_trainer.h"

namespace bertforge {

LearnedVocabulary learn_by_pairs(const TrainingText& text, const VocabularyConfig& config,
                                 const TokenizerConfig& tokenizer);
LearnedVocabulary learn_by_tf_text(const TrainingText& text, const VocabularyConfig& config,
                                   const TokenizerConfig& tokenizer);
LearnedVocabulary learn_by_sentencepiece(const TrainingText& text, const VocabularyConfig& config,
                                         const TokenizerConfig& tokenizer);

// Error(kUsage): settings that sentencepiece has not, or not so. REQUIRES: it is called before learn_by_sentencepiece().
void require_trainable_by_sentencepiece(const VocabularyConfig& config, const TokenizerConfig& tokenizer);

// What max_token_length 0 means to tf-text, which leaves out longer words.
inline constexpr std::int64_t kTfTextMaxTokenLength = 50;

// What algorithms of words have in common. They find the reserved pieces in config.special_tokens, the unused ones too.

// The words to learn from, within the memory that the config allows; a warning says what that left out. Words too long for the
// tokenizer and for every algorithm are cut (CountingOptions::max_chars).
WordCounts count_training_words(const TrainingText& text, const VocabularyConfig& config,
                                const TokenizerConfig& tokenizer);

// A tokenizer of pieces that were learned from `words`, and how well it covers them.
LearnedVocabulary wordpiece_vocabulary(std::vector<std::string> pieces, const TokenizerConfig& tokenizer,
                                       const WordCounts& words);

}  // namespace bertforge
