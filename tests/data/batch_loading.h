#pragma once
// A dataset of 23 documents and what a loader makes of it, for the tests of batch_loader.h.

#include <gtest/gtest.h>

#include <vector>

#include "bertforge/data/batch_loader.h"
#include "bertforge/data/example_maker.h"
#include "support/temp_dir.h"
#include "support/toy_dataset.h"

namespace bertforge::testing {

class BatchLoading : public ::testing::Test {
 protected:
  // Takes an update's sequences out of their batches again.
  static void append_sequences(const GlobalBatch& global, std::vector<std::vector<TokenId>>& sequences) {
    for (const Batch& batch : global.micro_batches) {
      for (std::int64_t b = 0; b < batch.num_sequences(); ++b) {
        sequences.emplace_back(batch.token_ids.begin() + batch.sequence_offsets[b],
                               batch.token_ids.begin() + batch.sequence_offsets[b + 1]);
      }
    }
  }

  // Those of the next updates.
  std::vector<std::vector<TokenId>> sequences(const LoaderConfig& config, int num_updates,
                                              DataPosition start = {}) const {
    BatchLoader loader(store_, tokenizer_, config, start);
    std::vector<std::vector<TokenId>> all;
    for (int update = 0; update < num_updates; ++update) append_sequences(loader.next(), all);
    return all;
  }

  std::vector<Batch> batches(const LoaderConfig& config, int num_updates) const {
    BatchLoader loader(store_, tokenizer_, config);
    std::vector<Batch> all;
    for (int update = 0; update < num_updates; ++update) {
      for (Batch& batch : loader.next().micro_batches) all.push_back(std::move(batch));
    }
    return all;
  }

  std::int64_t examples_of(std::int64_t epoch) const {
    const ExampleMaker maker(store_, tokenizer_, config_.pairing, config_.masking);
    return maker.plan(CounterRandom(config_.seed), epoch).num_examples();
  }

  const ToyTokenizer tokenizer_;
  const TempDir temp_;
  const TokenStore store_ = make_store(temp_ / "dataset", tokenizer_, uneven_documents(23));
  const LoaderConfig config_ = {.batch_size = 13, .pairing = {.max_seq_length = 40}};
};

}  // namespace bertforge::testing
