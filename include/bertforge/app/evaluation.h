#pragma once
// What held-out evaluation is made of: fixed examples, and the counts behind its baseline.
//
// Fed by pretrain.h and the command evaluate; feeds train/evaluator.h.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "bertforge/data/batch_loader.h"
#include "bertforge/train/evaluator.h"

namespace bertforge {

// The same examples and masks in every run, whatever its seed, so that runs compare.
inline constexpr std::uint64_t kEvaluationSeed = 42;

// How often each id stands in the dataset where it could become a target [V]; 0 for ids that never become one.
std::vector<std::int64_t> count_possible_targets(const TokenStore& store, const Tokenizer& tokenizer,
                                                 const MaskingConfig& masking);

struct EvaluationData {
  const TokenStore& held_out;
  const TokenStore* training;  // For the unigram baseline; nullptr: none.
  const Tokenizer& tokenizer;
};

// `max_examples` 0: all of an epoch. The ranks of `group` share the work.
Evaluator make_evaluator(const EvaluationData& data, const LoaderConfig& loader,
                         const std::vector<std::string>& objectives, std::int64_t max_examples, std::uint64_t seed,
                         at::Device device, ProcessGroup& group = solo_group());

}  // namespace bertforge
