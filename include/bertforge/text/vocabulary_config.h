#pragma once
// How a vocabulary is learned: the settings of `bertforge vocab` and of [vocab] in a config file.
//
// Eaten by vocabulary_trainer.h and the algorithms in its table.

#include <cstdint>
#include <string>
#include <vector>

namespace bertforge {

class FieldList;

struct VocabularyConfig {
  std::string algorithm = "pairs";     // A name of vocabulary_algorithms().
  std::int64_t vocab_size = 30000;     // Pieces, special tokens included.
  std::int64_t min_frequency = 0;      // What occurs less often is not learned; 0: what the algorithm is used with.
  std::int64_t limit_alphabet = 1000;  // Characters kept, the most frequent; words with others are left out.
  std::int64_t max_token_length = 0;   // Of a piece, in characters without "##"; 0: what the algorithm is used with.
  std::string initial_alphabet = {};   // Characters kept whatever the corpus holds.
  std::vector<std::string> special_tokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};  // The first ids, in order.

  void validate() const;  // Error(kUsage)
};

void visit_fields(VocabularyConfig& config, FieldList& fields);

}  // namespace bertforge
