#pragma once
// Keeps the report.html of a run under way up to date.
//
// Added by pretrain.cpp behind the observers that write metrics.jsonl and predictions.jsonl, whose lines it shows.

#include <memory>

#include "bertforge/checkpoint/paths.h"
#include "bertforge/train/observer.h"

namespace bertforge {

// Writes the page after each evaluation and at the end. One that cannot be written is a warning.
std::unique_ptr<TrainingObserver> make_report_observer(RunPaths paths);

}  // namespace bertforge
