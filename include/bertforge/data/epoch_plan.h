#pragma once
// The plan of an epoch: how many examples it has, and which one stands at a position.
//
// Fed by sentence_index.h and pairing.h, from sentence lengths alone; eaten by example_maker.h.
//
// Chunks of a document follow from one another, so the k-th example is found by walking. The plan walks once over the
// whole dataset, block by block of 256 documents, and leaves a bookmark every 8 examples of a block; from there a walk
// is short. A keyed permutation shuffles. So seeking costs O(log documents), and memory is 16 bytes for 8 examples and
// 40 for a block, whatever the length of the documents.
//
// Keys, which are part of every seed's meaning: a chunk's pair is drawn from (kPairing, epoch), (kPairing, document), (kPairing,
// first sentence), its masks from (kMasking, epoch), (kMasking, document, first sentence), the order from (kExampleOrder,
// epoch), that of the batches in a window from (kExampleOrder, epoch), (kExampleOrder, window).

#include <cstdint>
#include <vector>

#include "bertforge/base/random.h"
#include "bertforge/data/pairing.h"
#include "bertforge/data/sentence_index.h"

namespace bertforge {

class EpochPlan {
 public:
  // A function of (random's key, epoch), not of `num_threads` (0: what the machine has). `index` and `pairing` outlive it.
  // Error(kInput) where the dataset has no example at all.
  EpochPlan(const SentenceIndex& index, const Pairing& pairing, const CounterRandom& random, std::int64_t epoch,
            int num_threads = 1);

  std::int64_t epoch() const { return epoch_; }
  std::int64_t num_examples() const { return num_examples_; }

  // Where the chunk begins that stands at a place of the shuffled epoch / of the dataset's own order.
  // REQUIRES: 0 <= position < num_examples().
  ChunkStart at(std::int64_t position) const {
    return find(static_cast<std::int64_t>(order_(static_cast<std::uint64_t>(position))));
  }
  ChunkStart find(std::int64_t example) const;

  // The pair of the chunk, and the generator that masks it.
  SentencePair pair(ChunkStart start) const { return pairing_.make(index_, start, pairing_random_); }
  // Draws the order of the batches in a window of the shuffled epoch (length_window.h).
  CounterRandom window_random(std::int64_t window) const {
    return order_random_.fork(RandomPurpose::kExampleOrder, static_cast<std::uint64_t>(window));
  }
  CounterRandom masking_random(ChunkStart start) const {
    return masking_random_.fork(RandomPurpose::kMasking, static_cast<std::uint64_t>(start.document),
                                static_cast<std::uint64_t>(start.sentence));
  }

 private:
  struct Block {  // Of documents: what one thread walks at a time.
    std::int64_t first_example = 0, num_examples = 0;
    std::vector<ChunkStart> bookmarks;  // The chunks of its examples 0, 8, 16, ...
  };

  Block walk_block(std::int64_t begin_document, std::int64_t end_document) const;
  void walk_all(int num_threads);

  const SentenceIndex& index_;
  const Pairing& pairing_;
  std::int64_t epoch_;
  CounterRandom pairing_random_, masking_random_, order_random_;
  std::int64_t num_examples_ = 0;
  std::vector<Block> blocks_;
  KeyedPermutation order_;
};

}  // namespace bertforge
