#pragma once
// Every pair that a pairing makes of a dataset in one epoch, in the dataset's own order.

#include <vector>

#include "bertforge/data/pairing.h"

namespace bertforge::testing {

struct WalkedPair {
  ChunkStart start;
  SentencePair pair;
};

inline std::vector<WalkedPair> walk_pairing(const SentenceIndex& index, const PairingConfig& config,
                                            std::uint64_t seed = 7) {
  const auto pairing = make_pairing(config);
  const CounterRandom random(seed);
  std::vector<WalkedPair> pairs;
  for (ChunkStart start; start.document < index.num_documents();) {
    const ChunkStep step = pairing->step(index, start, random);
    if (step.has_example) pairs.push_back({start, pairing->make(index, start, random)});
    start = step.next;
  }
  return pairs;
}

}  // namespace bertforge::testing
