#include "bertforge/train/evaluator.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <chrono>
#include <cmath>

#include "bertforge/base/error.h"

namespace bertforge {

double unigram_cross_entropy(std::span<const Batch> batches, std::span<const std::int64_t> training_counts) {
  double total = 0;
  for (const std::int64_t count : training_counts) total += static_cast<double>(count) + 1;
  double sum = 0;
  std::int64_t num_targets = 0;
  for (const Batch& batch : batches) {
    for (const TokenId label : batch.masked_labels) {
      BERTFORGE_CHECK(static_cast<std::size_t>(label) < training_counts.size(), "label ", label, " has no count");
      sum -= std::log((static_cast<double>(training_counts[static_cast<std::size_t>(label)]) + 1) / total);
      ++num_targets;
    }
  }
  return num_targets == 0 ? 0.0 : sum / static_cast<double>(num_targets);
}

Evaluator::Evaluator(std::vector<Batch> batches, std::vector<std::unique_ptr<Objective>> objectives, at::Device device,
                     std::span<const std::int64_t> training_counts)
    : batches_(std::move(batches)), objectives_(std::move(objectives)), device_(device) {
  if (!training_counts.empty()) unigram_baseline_ = unigram_cross_entropy(batches_, training_counts);
}

std::int64_t Evaluator::num_examples() const {
  std::int64_t count = 0;
  for (const Batch& batch : batches_) count += batch.num_sequences();
  return count;
}

EvaluationReport Evaluator::evaluate(BertForPreTraining& model) const {
  const torch::NoGradGuard no_grad;
  const auto started = std::chrono::steady_clock::now();
  EvaluationReport report;
  report.terms.resize(objectives_.size());
  for (const Batch& batch : batches_) {
    const PreTrainingBatch tensors = to_tensors(batch, model->config.pad_token_id, device_);
    const std::vector<LossTerm> terms = loss_terms(model, objectives_, tensors, {});
    for (std::size_t i = 0; i < terms.size(); ++i) add_term(report.terms[i], terms[i]);
  }
  report.unigram_baseline = unigram_baseline_;
  report.num_examples = num_examples();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return report;
}

}  // namespace bertforge
