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
  // `training_counts` empty: no baseline.
  Evaluator(std::vector<Batch> batches, std::vector<std::unique_ptr<Objective>> objectives, at::Device device,
            std::span<const std::int64_t> training_counts);

  EvaluationReport evaluate(BertForPreTraining& model) const;
  std::int64_t num_examples() const;

 private:
  void add_to_bands(std::vector<FrequencyBand>& bands, const LossTerm& term) const;

  std::vector<Batch> batches_;
  std::vector<std::unique_ptr<Objective>> objectives_;
  at::Device device_;
  std::optional<double> unigram_baseline_;
  FrequencyBands bands_;
};

}  // namespace bertforge
