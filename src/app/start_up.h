#pragma once
// What a run says before its first update.

#include "training_run.h"

namespace bertforge {

// The size of model, data and updates, where it computes, and what memory that takes; warnings about the training data,
// and about memory that is not there.
void log_start_up(const TrainingRun& run);

}  // namespace bertforge
