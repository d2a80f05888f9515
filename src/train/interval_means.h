#pragma once
// What happened since the last line was printed: sums over updates, so that a line shows the interval and not one update.

#include <vector>

#include "bertforge/train/observer.h"

namespace bertforge {

struct IntervalMeans {
  std::vector<TermMetrics> terms;
  std::int64_t num_steps = 0, num_tokens = 0;  // Steps that were not skipped
  double seconds = 0, gradient_norm_sum = 0, learning_rate = 0;

  void add(const StepReport& report);
  double loss() const;  // Sum of the terms' means
  double gradient_norm() const { return num_steps == 0 ? 0 : gradient_norm_sum / static_cast<double>(num_steps); }
  double tokens_per_second() const { return seconds > 0 ? static_cast<double>(num_tokens) / seconds : 0; }
};

}  // namespace bertforge
