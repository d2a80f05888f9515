#pragma once
// The endless stream of batches: epoch after epoch, made ahead of the trainer by threads of its own.
//
// Fed by token_store.h through example_maker.h; eaten by train/ and the evaluator.
// A batch is a function of (dataset, config, position). It does not depend on num_threads, prefetch, micro_batch_size or ranks, nor
// on where the loader started; batches cross the ends of epochs, so that each is full and no example is dropped. With a
// length_window they end where a window does, and those there may be smaller.
//
// A batch has a target. Where all of its sequences have none (of [UNK] alone, say), the next example of the epoch that has one
// stands in the place of the last.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bertforge/data/batch.h"
#include "bertforge/data/masking.h"
#include "bertforge/data/pairing.h"
#include "bertforge/data/token_store.h"

namespace bertforge {

// A place in the stream: an epoch and the number of its examples that were seen, less than the epoch has. Inside of an epoch it
// means something under one order alone: "" as the epoch is shuffled, else what windows and batches made of it.
struct DataPosition {
  std::int64_t epoch = 0, example = 0;
  std::string order = {};
  std::int64_t examples_before = 0;  // Of all epochs: where a batch ramp stands.
  bool operator==(const DataPosition&) const = default;
};

struct LoaderConfig {
  std::int64_t batch_size = 256;  // Sequences of an update, over all micro-batches.
  std::int64_t batch_tokens = 0;  // Where it is not 0: as many sequences as have so many tokens together, one at least.
  // Not 0: batches begin with so many sequences and grow in a line to batch_size, over the first batch_ramp_examples.
  std::int64_t initial_batch_size = 0, batch_ramp_examples = 0;
  std::int64_t micro_batch_size = 0;  // Sequences of a forward pass; 0: the whole batch.
  // Batches are made of examples of like length among so many of the shuffled epoch, rounded up to whole batches, and come in a
  // drawn order: for paths that pad. 0: the examples stay as they are shuffled.
  std::int64_t length_window = 0;
  std::int64_t num_threads = 1;          // One makes more than 100,000 sequences of 128 a second.
  std::int64_t prefetch = 4;             // Batches made ahead.
  std::int64_t rank = 0, num_ranks = 1;  // Of each batch, this share of the sequences is made here.
  std::uint64_t seed = 42;
  PairingConfig pairing = {};
  MaskingConfig masking = {};

  // Error(kUsage), in the names that users know: train.batch_size, ...
  void validate() const;

  // Sequences of the batch that begins when so many examples were seen.
  std::int64_t batch_size_after(std::int64_t examples) const;
};

// What one update sees; of it, the share of this rank.
struct GlobalBatch {
  std::vector<Batch> micro_batches;  // In order; first_example counts over all of them.
  DataPosition next;                 // Where the batch after this one begins.
  double epochs_done = 0;            // The same as passes over the examples, fractional.
};

class BatchLoader {
 public:
  // `store` and `tokenizer` outlive it. Error(kInput) where `start` is not in the dataset's stream or the tokenizer is not its own.
  BatchLoader(const TokenStore& store, const Tokenizer& tokenizer, const LoaderConfig& config, DataPosition start = {});
  ~BatchLoader();

  // Waits until it is made. Errors of the threads come out here.
  GlobalBatch next();

 private:
  class Producer;
  std::unique_ptr<Producer> producer_;
};

// A fixed sample of the dataset: the same pairs, masks and targets each time, whatever is trained between. At most
// `max_examples` sequences (0: all of an epoch) in batches of micro_batch_size; config.seed is not looked at.
// Error(kUsage) where max_examples is negative.
std::vector<Batch> make_evaluation_batches(const TokenStore& store, const Tokenizer& tokenizer,
                                           const LoaderConfig& config, std::int64_t max_examples, std::uint64_t seed);

}  // namespace bertforge
