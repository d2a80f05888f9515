#pragma once
// The learners in the table of vocabulary_trainer.cpp.

#include "bertforge/text/vocabulary_trainer.h"

namespace bertforge {

LearnedVocabulary learn_by_pairs(const TrainingText& text, const VocabularyConfig& config,
                                 const TokenizerConfig& tokenizer);
LearnedVocabulary learn_by_tf_text(const TrainingText& text, const VocabularyConfig& config,
                                   const TokenizerConfig& tokenizer);

// A tokenizer of pieces that were learned from `words`, and how well it covers them.
LearnedVocabulary wordpiece_vocabulary(std::vector<std::string> pieces, const TokenizerConfig& tokenizer,
                                       const WordCounts& words);

}  // namespace bertforge
