#include "bertforge/train/metrics.h"

#include <torch/types.h>
#include <torch/utils.h>

#include "bertforge/base/error.h"

namespace bertforge {
namespace {

double ratio(double part, std::int64_t whole) { return whole == 0 ? 0.0 : part / static_cast<double>(whole); }

}  // namespace

double TermMetrics::loss() const { return ratio(loss_sum, count); }

double FrequencyBand::accuracy() const { return ratio(static_cast<double>(correct), count); }

double TermMetrics::accuracy() const { return ratio(static_cast<double>(correct), count); }

double TermMetrics::class_accuracy(std::size_t label) const {
  return ratio(static_cast<double>(class_correct.at(label)), class_count.at(label));
}

double TermMetrics::balanced_accuracy() const {
  double sum = 0;
  int num_classes = 0;
  for (std::size_t label = 0; label < class_count.size(); ++label) {
    if (class_count[label] == 0) continue;
    sum += class_accuracy(label);
    ++num_classes;
  }
  return num_classes == 0 ? 0.0 : sum / num_classes;
}

std::vector<TermMetrics> no_metrics(const std::vector<std::unique_ptr<Objective>>& objectives) {
  std::vector<TermMetrics> metrics;
  for (const auto& objective : objectives) {
    TermMetrics term;
    term.name = objective->name();
    term.class_count.resize(objective->num_classes());
    term.class_correct.resize(objective->num_classes());
    metrics.push_back(std::move(term));
  }
  return metrics;
}

TermSums sums_of(const LossTerm& term) {
  const torch::NoGradGuard no_grad;
  TermSums sums = {.name = term.name, .count = term.count, .num_classes = term.num_classes, .numbers = {}};
  if (term.count == 0) return sums;
  const auto hits = term.predictions == term.labels;  // [count]
  std::vector<at::Tensor> numbers = {term.sum.reshape({1}), hits.sum(0, /*keepdim=*/true)};
  if (term.num_classes > 0) {
    const auto classes = torch::arange(static_cast<std::int64_t>(term.num_classes), term.labels.options());
    const auto is_of_class = classes.unsqueeze(1) == term.labels;  // [C, count]
    numbers.push_back(is_of_class.sum(1));
    numbers.push_back(is_of_class.logical_and(hits).sum(1));
  }
  for (at::Tensor& some : numbers) some = some.to(torch::kDouble);
  sums.numbers = torch::cat(numbers);
  return sums;
}

void add_sums(TermMetrics& metrics, const TermSums& sums) {
  metrics.name = sums.name;
  metrics.count += sums.count;
  if (sums.count == 0) return;
  const at::Tensor numbers = sums.numbers.cpu();
  const double* number = numbers.const_data_ptr<double>();
  metrics.loss_sum += *number++;
  metrics.correct += static_cast<std::int64_t>(*number++);
  for (std::vector<std::int64_t>* counts : {&metrics.class_count, &metrics.class_correct}) {
    counts->resize(sums.num_classes);
    for (std::int64_t& count : *counts) count += static_cast<std::int64_t>(*number++);
  }
}

void add_term(TermMetrics& metrics, const LossTerm& term) { add_sums(metrics, sums_of(term)); }

void merge(TermMetrics& metrics, const TermMetrics& other) {
  BERTFORGE_CHECK(metrics.name.empty() || metrics.name == other.name, metrics.name, " and ", other.name);
  metrics.name = other.name;
  metrics.loss_sum += other.loss_sum;
  metrics.count += other.count;
  metrics.correct += other.correct;
  const auto add = [](std::vector<std::int64_t>& sums, const std::vector<std::int64_t>& parts) {
    if (sums.size() < parts.size()) sums.resize(parts.size());
    for (std::size_t i = 0; i < parts.size(); ++i) sums[i] += parts[i];
  };
  add(metrics.class_count, other.class_count);
  add(metrics.class_correct, other.class_correct);
}

void sum_over_ranks(std::vector<TermMetrics>& terms, ProcessGroup& group, std::vector<std::int64_t*> others) {
  if (group.is_alone()) return;
  std::vector<std::int64_t*> counts = std::move(others);
  for (TermMetrics& term : terms) {
    counts.insert(counts.end(), {&term.count, &term.correct});
    for (auto* const classes : {&term.class_count, &term.class_correct}) {
      for (std::int64_t& count : *classes) counts.push_back(&count);
    }
  }
  // One sum for all: each costs a round over the ranks. Counts below 2^53 are exact.
  std::vector<double> values;
  for (const TermMetrics& term : terms) values.push_back(term.loss_sum);
  for (const std::int64_t* const count : counts) values.push_back(static_cast<double>(*count));
  values = group.total(values);
  for (std::size_t i = 0; i < terms.size(); ++i) terms[i].loss_sum = values[i];
  for (std::size_t i = 0; i < counts.size(); ++i) *counts[i] = static_cast<std::int64_t>(values[terms.size() + i]);
}

const TermMetrics* EvaluationReport::find(const std::string& name) const {
  for (const TermMetrics& term : terms) {
    if (term.name == name) return &term;
  }
  return nullptr;
}

}  // namespace bertforge
