#pragma once
// Files of one JSON object a line, each with the "step" it was written at, and in metrics.jsonl its "kind".

#include <cstdint>
#include <filesystem>

#include "bertforge/train/train_state.h"

namespace bertforge {

// Where a run goes on from `state`: leaves the lines up to there, of kind "evaluation" up to its last evaluation; those after it
// are to be written again. A line that a crash cut short goes too. Nothing where there is no such file.
void drop_lines_after(const std::filesystem::path& file, const TrainState& state);

// The same for a file of evaluations alone, whose lines have no kind.
void drop_evaluations_after(const std::filesystem::path& file, const TrainState& state);

}  // namespace bertforge
