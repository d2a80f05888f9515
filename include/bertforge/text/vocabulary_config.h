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
  std::int64_t num_unused = 0;  // Pieces [unused0], [unused1], ... that no text has, to be given a meaning later.
  std::string special_order = "listed";  // "listed": special_tokens, then unused ones; "google": as in Google's files.
  double sample = 1;                     // Share of the sentences to learn from.
  std::string memory = {};               // "2 GB": about what learning may take; "": no limit.

  // Of sentencepiece alone, called as there.
  std::string model_type = "unigram";          // Or "bpe".
  double character_coverage = 0.9995;          // The part of all characters that pieces must be able to write.
  std::int64_t max_sentence_length = 4192;     // In bytes; longer sentences are left out.
  std::int64_t input_sentence_size = 1000000;  // Sentences learned from: a sample, where the corpus has more.

  void validate() const;  // Error(kUsage)

  // special_tokens and unused pieces by special_order. Google's: the first token, up to 99 unused, the other tokens, and what
  // unused ones are left, so that [PAD] is 0 and [UNK], [CLS], [SEP], [MASK] are 100 to 103 with 99 of them or more.
  std::vector<std::string> reserved_pieces() const;

  // How many different words may be in memory; 0: no limit.
  std::int64_t max_words() const;
};

void visit_fields(VocabularyConfig& config, FieldList& fields);

}  // namespace bertforge
