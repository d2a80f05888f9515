#pragma once
// What a dataset is like: counts, histograms, the examples it gives, and warnings with what to do.
//
// Fed by token_store.h and example_maker.h; eaten by the command `inspect`.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bertforge/data/batch_loader.h"
#include "bertforge/data/example_maker.h"
#include "bertforge/data/token_store.h"

namespace bertforge {

// How often a count fell into [2^k, 2^(k+1)), k = 0, 1, ...
struct Histogram {
  std::vector<std::int64_t> bins;
  std::int64_t num = 0, sum = 0, min = 0, max = 0;

  void add(std::int64_t count);  // REQUIRES: count >= 1.
  double mean() const { return num == 0 ? 0.0 : static_cast<double>(sum) / static_cast<double>(num); }
};

struct DatasetReport {
  DatasetMeta meta;
  Histogram sentence_tokens;     // Tokens of a sentence.
  Histogram document_sentences;  // Sentences of a document.
  Histogram document_tokens;     // Tokens of a document.
  double unknown_share = 0;      // [UNK] among the tokens.

  // Of the first epoch under the config's settings; of a sample of it where it is long.
  std::int64_t num_examples = 0;  // Of the whole epoch.
  std::int64_t num_examples_seen = 0;
  std::string label_1;           // What label 1 says of B; "": the pairing gives no labels.
  double random_next_share = 0;  // Label 1.
  double masked_share = 0;       // Targets among the tokens.
  Histogram example_tokens;

  std::vector<std::string> warnings;  // One line each: what is odd, and what to do.
};

DatasetReport inspect_dataset(const TokenStore& store, const Tokenizer& tokenizer, const LoaderConfig& config);

// For a terminal; as one JSON object.
std::string to_text(const DatasetReport& report);
std::string to_json(const DatasetReport& report);

// The pieces of an example in one line; a target stands as {original -> what is shown}. Label first, where there is one.
std::string describe_example(const Example& example, const Tokenizer& tokenizer,
                             std::string_view label_1 = "random next");

// The first examples of the first epoch, described.
std::vector<std::string> describe_examples(const TokenStore& store, const Tokenizer& tokenizer,
                                           const LoaderConfig& config, std::int64_t num_examples);

}  // namespace bertforge
