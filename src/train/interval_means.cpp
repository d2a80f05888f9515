#include "interval_means.h"

namespace bertforge {

void IntervalMeans::add(const StepReport& report) {
  num_tokens += report.num_tokens;
  seconds += report.seconds;
  if (report.is_skipped) return;
  terms.resize(report.terms.size());
  for (std::size_t i = 0; i < terms.size(); ++i) merge(terms[i], report.terms[i]);
  num_steps += 1;
  gradient_norm_sum += report.gradient_norm;
  learning_rate = report.learning_rate;
}

double IntervalMeans::loss() const {
  double sum = 0;
  for (const TermMetrics& term : terms) sum += term.loss();
  return sum;
}

}  // namespace bertforge
