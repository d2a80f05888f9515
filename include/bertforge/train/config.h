#pragma once
// The settings of a training run that are neither the model's nor the data's.

#include <cstdint>
#include <string>
#include <vector>

#include "bertforge/base/duration.h"
#include "bertforge/base/field_list.h"
#include "bertforge/train/schedule.h"

namespace bertforge {

struct TrainConfig {
  Duration duration = Duration::steps(10000);  // The budget; the schedule ends with it.
  std::int64_t batch_size = 256;               // Sequences an update.
  std::int64_t batch_tokens = 0;               // Not 0: tokens an update, instead.
  std::int64_t initial_batch_size = 0;         // Not 0: batches grow from it to batch_size ...
  Duration batch_ramp = {};                    // ... over so many examples.
  std::int64_t micro_batch_size = 0;           // Sequences a forward pass; 0: all of them.
  bool activation_checkpointing = false;       // As ForwardContext::checkpoints_activations.
  std::int64_t length_window = 0;              // Examples among which batches of like length are formed; 0: none.
  std::string schedule = "linear";
  double warmup_share = 0.1;  // Of the budget ...
  Duration warmup = {};       // ... or so long, in the budget's unit, where it is not zero.
  double decay_share = 0.2;   // trapezoid: of the budget.
  double schedule_power = 1;  // polynomial
  double final_rate_share = 0;
  std::string precision = "float32";
  std::string float32_matmul = "highest";  // As set_float32_matmul() takes it.
  std::string kernels = "auto";            // As resolve_kernels() takes it.
  std::vector<std::string> objectives = {"masked_lm", "next_sentence"};
  std::int64_t seed = 42;
  Duration log_every = Duration::steps(50);
  Duration evaluate_every = Duration::steps(500);
  std::int64_t evaluate_examples = 2000;  // At most so many held-out examples.
  std::int64_t patience = 0;              // Evaluations without a new best before training ends; 0: it goes on.
  std::string on_non_finite = "stop";     // A loss or gradient that is not finite: "stop" or "skip" the update.
  Duration checkpoint_every = Duration::steps(1000);
  std::int64_t keep_last = 3;  // Checkpoints kept besides the best; 0: all.

  // In the unit of `duration`.
  ScheduleShape schedule_shape() const;
  void validate() const;  // Error(kUsage)
};

void visit_fields(TrainConfig& config, FieldList& list);

// Whether a multiple of `interval` lies in (before, after]; never for a zero interval.
bool is_due(const Duration& interval, const Progress& before, const Progress& after);

}  // namespace bertforge
