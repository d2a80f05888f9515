#pragma once
// From a corpus to a tokenizer: the table of algorithms that learn a vocabulary.
//
// Fed by corpus_reader.h; feeds the tokenizer folder that `vocab` and `pretrain` write (Tokenizer::save). A new algorithm is
// one .cpp with its learner, one line in src/text/vocabulary_trainers.h, one row in the table, one test.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bertforge/text/corpus_reader.h"
#include "bertforge/text/tokenizer.h"
#include "bertforge/text/tokenizer_config.h"
#include "bertforge/text/vocabulary_config.h"
#include "bertforge/text/vocabulary_coverage.h"

namespace bertforge {

// What is learned from, read once from its beginning.
struct TrainingText {
  CorpusReader& corpus;
  std::string_view marker =
      {};               // Between white space it stands for a missing word and is not learned; "": all is text.
  int num_threads = 0;  // 0: all of the machine. What is learned does not depend on it.
};

struct LearnedVocabulary {
  std::unique_ptr<Tokenizer> tokenizer;
  VocabularyCoverage coverage;   // Of the text that was learned from.
  std::string why_smaller = {};  // Than asked for; "" where it is not.
};

// A way to learn a vocabulary. Algorithms that cut words into pieces count words (word_counter.h) and make a
// WordPieceTokenizer of the settings; others may read sentences and make a tokenizer of their own.
// Error(kUsage): a size without room for what must stand in it. Error(kInput): no word to learn from.
struct VocabularyAlgorithm {
  std::string_view name;
  std::string_view help;
  LearnedVocabulary (*learn)(const TrainingText& text, const VocabularyConfig& config,
                             const TokenizerConfig& tokenizer);
};

// The table of algorithms: "pairs", "tf-text", "sentencepiece".
std::span<const VocabularyAlgorithm> vocabulary_algorithms();
std::vector<std::string> vocabulary_algorithm_names();

// The row of that name. Error(kUsage) that lists the names where there is none.
const VocabularyAlgorithm& find_vocabulary_algorithm(std::string_view name);

// Error(kUsage) where the settings contradict one another; before a corpus is opened.
void require_trainable(const VocabularyConfig& config, const TokenizerConfig& tokenizer);

// Learns by the algorithm that the config names. The special tokens are called as `tokenizer` calls them, unless the config
// lists others. Error(kUsage) as require_trainable() has it.
LearnedVocabulary train_vocabulary(const TrainingText& text, const VocabularyConfig& config,
                                   const TokenizerConfig& tokenizer);

}  // namespace bertforge
