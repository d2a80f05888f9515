#pragma once
// Examples on demand: a chunk's pair, put between [CLS] and [SEP], and masked. Nothing is stored but the dataset.
//
// Fed by token_store.h, epoch_plan.h, pairing.h and masking.h; eaten by batch_loader.h and dataset_report.h.

#include <cstdint>
#include <memory>

#include "bertforge/data/epoch_plan.h"
#include "bertforge/data/example.h"
#include "bertforge/data/masking.h"
#include "bertforge/data/pairing.h"
#include "bertforge/data/token_store.h"

namespace bertforge {

// Tokens of the example that assemble() makes of the pair.
std::int64_t num_tokens(const SentencePair& pair);

// [CLS] A [SEP] B [SEP], or [CLS] A [SEP] where there is no B; without masks.
Example assemble(const TokenStore& store, const SentencePair& pair, const SpecialTokens& specials);

// Thread-safe: all calls are const. `store` outlives it, and it outlives the plans it gives.
class ExampleMaker {
 public:
  // Error(kInput) where `tokenizer` is not the dataset's.
  ExampleMaker(const TokenStore& store, const Tokenizer& tokenizer, const PairingConfig& pairing,
               const MaskingConfig& masking);

  // The epoch under the generator of a run, CounterRandom(seed).
  EpochPlan plan(const CounterRandom& random, std::int64_t epoch, int num_threads = 1) const {
    return EpochPlan(store_.index(), *pairing_, random, epoch, num_threads);
  }

  // The example whose chunk begins there; the one at a place of the shuffled epoch.
  Example make(const EpochPlan& plan, ChunkStart start) const;
  Example make(const EpochPlan& plan, std::int64_t position) const { return make(plan, plan.at(position)); }

 private:
  const TokenStore& store_;
  SpecialTokens specials_;
  std::unique_ptr<const Pairing> pairing_;
  std::unique_ptr<const Masking> masking_;
};

}  // namespace bertforge
