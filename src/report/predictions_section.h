#pragma once
// The part of a run's page that shows what the model says of the sample sentences. Used by run_report.cpp.

#include <string>
#include <vector>

#include "bertforge/report/run_predictions.h"

namespace bertforge {

// HTML: the sentences of the last evaluation, each with a row for an evaluation, eight at most. "" where there is nothing to show.
std::string predictions_section(const std::vector<PredictionPoint>& points);

}  // namespace bertforge
