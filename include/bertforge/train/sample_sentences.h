#pragma once
// Sample sentences: a few held-out examples whose hidden pieces the model is asked for after each evaluation, so that one sees
// what it has learned.
//
// Fed by data/ (evaluation batches); eaten by the observer that writes predictions.jsonl (observers.h).

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "bertforge/data/batch.h"
#include "bertforge/text/tokenizer.h"

namespace bertforge {

// Of so many held-out examples, the first, the sample sentences are chosen.
inline constexpr std::int64_t kNumSampleCandidates = 64;

struct SampleSentence {
  Example example;  // Every target stands as [MASK], without the 10 % random and 10 % kept pieces of training.
  std::vector<std::string>
      text;  // What stands before, between and behind the masks: one part more than there are targets.
};

// The first four examples with two targets or more among their first 48 tokens. What is longer is cut there, its end a [SEP].
// Fewer than four where there are no more.
std::vector<SampleSentence> choose_sample_sentences(std::span<const Batch> held_out, const Tokenizer& tokenizer);

}  // namespace bertforge
