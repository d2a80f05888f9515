#pragma once
// What losses and predictions amount to, gathered as sums and counts so that parts of a batch, and ranks, add up exactly.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bertforge/distributed/process_group.h"
#include "bertforge/objective/objective.h"

namespace bertforge {

struct TermMetrics {
  std::string name;
  double loss_sum = 0;  // In nats
  std::int64_t count = 0, correct = 0;
  std::vector<std::int64_t> class_count, class_correct;  // By label, for objectives of few classes; else empty

  double loss() const;      // Mean over targets; 0 without targets
  double accuracy() const;  // 0 without targets
  double class_accuracy(std::size_t label) const;
  double balanced_accuracy() const;  // Mean of the class accuracies over the classes that occur
};

// Those of no targets yet, one an objective.
std::vector<TermMetrics> no_metrics(const std::vector<std::unique_ptr<Objective>>& objectives);

// What one part's losses and predictions count, still on the device: nobody has waited for it.
struct TermSums {
  std::string name;
  std::int64_t count = 0;
  std::size_t num_classes = 0;  // C, as LossTerm has it
  // [2 + 2 C] float64: the sum of the losses, the correct predictions, and by class the targets and the correct ones;
  // undefined without targets
  at::Tensor numbers;
};
TermSums sums_of(const LossTerm& term);

// Adds them; copies a few numbers from the device, and waits for what it has still to compute.
void add_sums(TermMetrics& metrics, const TermSums& sums);

// Both in one.
void add_term(TermMetrics& metrics, const LossTerm& term);

// The same objective's metrics of another part of the same whole.
void merge(TermMetrics& metrics, const TermMetrics& other);

// Each becomes that of all ranks together, and so do `others`, counts that go along; terms are of the same objectives everywhere.
void sum_over_ranks(std::vector<TermMetrics>& terms, ProcessGroup& group, std::vector<std::int64_t*> others = {});

// The masked-LM targets whose pieces have these ranks among the training data's, the most frequent first.
struct FrequencyBand {
  std::int64_t first_rank = 1, last_rank = 1;  // 1 to 10, 11 to 100, 101 to 1000, ...
  std::int64_t count = 0, correct = 0;

  double accuracy() const;  // 0 without targets
};

// A held-out evaluation: the same targets every time.
struct EvaluationReport {
  std::vector<TermMetrics> terms;
  std::vector<FrequencyBand> frequency_bands;  // Of masked-LM targets; empty without training data
  // Cross-entropy of the masked-LM targets under the add-one unigram distribution of the training data: what a model that
  // looks at no context can reach. Absent without training data.
  std::optional<double> unigram_baseline;
  std::int64_t num_examples = 0;
  double seconds = 0;

  const TermMetrics* find(const std::string& name) const;
};

// One JSON object: a member an objective, with loss, accuracy and count, and for masked_lm perplexity and baseline.
std::string to_json_text(const EvaluationReport& report);

}  // namespace bertforge
