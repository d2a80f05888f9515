#pragma once
// Held-out evaluation: fixed examples with fixed masks through the model without dropout.
//
// Fed by data/ (evaluation batches) and model/; eaten by trainer.h's observers and the evaluate command.

#include <ATen/core/Tensor.h>

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "bertforge/model/bert.h"
#include "bertforge/train/metrics.h"

namespace bertforge {

// Cross-entropy in nats a target of the masked-LM targets under counts of the training data, plus one each.
// `training_counts` [V]: how often each id stands where it could become a target.
double unigram_cross_entropy(std::span<const Batch> batches, std::span<const std::int64_t> training_counts);

// Bands by powers of ten of the ranks of `training_counts` [V], and which each id is in. Equal counts rank by id.
struct FrequencyBands {
  std::vector<FrequencyBand> bands;
  std::vector<std::size_t> of_piece;  // [V]
};
FrequencyBands frequency_bands(std::span<const std::int64_t> training_counts);

class Evaluator {
 public:
  // `training_counts` empty: no baseline. All ranks of the group, which outlives this, have the same batches; each computes a share
  // of them.
  Evaluator(std::vector<Batch> batches, std::vector<std::unique_ptr<Objective>> objectives, at::Device device,
            std::span<const std::int64_t> training_counts, ProcessGroup& group = solo_group());

  // Of all batches, the same on every rank.
  EvaluationReport evaluate(BertForPreTraining& model) const;
  std::int64_t num_examples() const { return num_examples_; }

 private:
  void add_to_bands(std::vector<FrequencyBand>& bands, const LossTerm& term) const;

  std::vector<Batch> batches_;  // This rank's
  std::int64_t num_examples_ = 0;
  std::vector<std::unique_ptr<Objective>> objectives_;
  at::Device device_;
  ProcessGroup& group_;
  std::optional<double> unigram_baseline_;
  FrequencyBands bands_;
};

}  // namespace bertforge
