#include "bertforge/train/evaluator.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <numeric>

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

FrequencyBands frequency_bands(std::span<const std::int64_t> training_counts) {
  std::vector<std::size_t> by_rank(training_counts.size());
  std::iota(by_rank.begin(), by_rank.end(), std::size_t{0});
  std::ranges::stable_sort(by_rank, std::greater<>(), [&](std::size_t id) { return training_counts[id]; });
  FrequencyBands result;
  result.of_piece.resize(by_rank.size());
  const auto size = static_cast<std::int64_t>(by_rank.size());
  for (std::int64_t first = 1, last = 10; first <= size; first = last + 1, last *= 10) {
    for (std::int64_t rank = first; rank <= std::min(last, size); ++rank) {
      result.of_piece[by_rank[static_cast<std::size_t>(rank - 1)]] = result.bands.size();
    }
    result.bands.push_back({.first_rank = first, .last_rank = std::min(last, size)});
  }
  return result;
}

Evaluator::Evaluator(std::vector<Batch> batches, std::vector<std::unique_ptr<Objective>> objectives, at::Device device,
                     std::span<const std::int64_t> training_counts, ProcessGroup& group)
    : objectives_(std::move(objectives)), device_(device), group_(group) {
  if (!training_counts.empty()) {
    unigram_baseline_ = unigram_cross_entropy(batches, training_counts);
    bands_ = frequency_bands(training_counts);
  }
  const auto step = static_cast<std::size_t>(group.num_ranks());
  for (const Batch& batch : batches) num_examples_ += batch.num_sequences();
  for (auto i = static_cast<std::size_t>(group.rank()); i < batches.size(); i += step) {
    batches_.push_back(std::move(batches[i]));
  }
}

void Evaluator::add_to_bands(std::vector<FrequencyBand>& bands, const LossTerm& term) const {
  const auto labels = term.labels.cpu().contiguous(), predictions = term.predictions.cpu().contiguous();
  const std::int64_t* const label = labels.const_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < term.count; ++i) {
    FrequencyBand& band = bands[bands_.of_piece[static_cast<std::size_t>(label[i])]];
    ++band.count;
    band.correct += predictions.const_data_ptr<std::int64_t>()[i] == label[i];
  }
}

EvaluationReport Evaluator::evaluate(BertForPreTraining& model) const {
  const torch::NoGradGuard no_grad;
  const auto started = std::chrono::steady_clock::now();
  EvaluationReport report;
  report.terms = no_metrics(objectives_);
  report.frequency_bands = bands_.bands;
  for (const Batch& batch : batches_) {
    group_.check();
    const PreTrainingBatch tensors = to_tensors(batch, model->config.pad_token_id, device_);
    const std::vector<LossTerm> terms = loss_terms(model, objectives_, tensors, {});
    for (std::size_t i = 0; i < terms.size(); ++i) {
      add_term(report.terms[i], terms[i]);
      if (terms[i].name == "masked_lm" && !bands_.bands.empty()) add_to_bands(report.frequency_bands, terms[i]);
    }
  }
  std::vector<std::int64_t*> band_counts;
  for (FrequencyBand& band : report.frequency_bands) {
    band_counts.insert(band_counts.end(), {&band.count, &band.correct});
  }
  sum_over_ranks(report.terms, group_, std::move(band_counts));
  report.unigram_baseline = unigram_baseline_;
  report.num_examples = num_examples_;
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return report;
}

}  // namespace bertforge
