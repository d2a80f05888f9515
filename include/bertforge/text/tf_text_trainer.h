#pragma once
// `tf-text`: the pieces are the substrings of words that occur often, where no longer piece takes their place.
//
// Fed by word_counter.h; feeds Vocabulary. Source: TensorFlow Text's WordPiece learner, a binary search for the count above
// which substrings are kept, as Keras's compute_word_piece_vocabulary calls it. Pieces and order are the same.

#include <string>
#include <vector>

#include "bertforge/text/tokenizer_config.h"
#include "bertforge/text/vocabulary_config.h"
#include "bertforge/text/word_counter.h"

namespace bertforge {

// The pieces by id: special tokens, the alphabet by code point, then all others, the most frequent first and equally frequent
// ones by their bytes. The search ends at the first count that gives between 95 % and all of vocab_size, so there may be
// fewer; where even the search's end gives more, the rarest are cut off, as Keras does.
// min_frequency 0 means 10, max_token_length 0 means 50; longer words are left out, and so are words that are special tokens.
// Error(kUsage) where special tokens and alphabet alone are more than vocab_size. Error(kInput) where there is no word.
std::vector<std::string> train_tf_text(const WordCounts& words, const VocabularyConfig& config,
                                       const TokenizerConfig& tokenizer = {});

}  // namespace bertforge
