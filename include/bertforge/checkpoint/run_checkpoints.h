#pragma once
// The checkpoints of a run folder: which there are, which is the newest that is whole, which the best, which may go.
//
// Fed by checkpoint.h and checkpoint_observer.h; eaten by every command that takes a CHECKPOINT, and by --resume.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace bertforge {

struct StepFolder {
  std::int64_t step = 0;
  std::filesystem::path path;
};

// The folders checkpoints/step-N, by step, whole or not. Empty where the run has none.
std::vector<StepFolder> checkpoint_folders(const std::filesystem::path& run_folder);

// The newest checkpoint of a step beyond `after_step` that is whole, by the hash of each of its files; damaged ones are passed
// over with a warning. Nothing where there is none. Error(kInput) on one of an unknown format version: it is newer than this
// program, not damaged.
std::optional<std::filesystem::path> latest_checkpoint(const std::filesystem::path& run_folder,
                                                       std::int64_t after_step = -1);

// Error(kInput) where the run has checkpoints and none of them is whole.
void require_no_damage(const std::filesystem::path& run_folder);

// Whether training can go on from a folder: every file is there and has the hash that was noted.
bool is_whole_checkpoint(const std::filesystem::path& checkpoint);

// What the user means by CHECKPOINT: a model folder is itself, a run folder its best, else its latest checkpoint.
// Error(kUsage) where there is neither.
std::filesystem::path resolve_checkpoint(const std::filesystem::path& path);

// Let RUN/latest or RUN/best lead to `checkpoint`, a folder of that run, in one step.
void set_latest(const std::filesystem::path& run_folder, const std::filesystem::path& checkpoint);
void set_best(const std::filesystem::path& run_folder, const std::filesystem::path& checkpoint);

// Removes checkpoints up to `step` but the newest `keep_last` of them and those that best and latest lead to; 0 keeps all.
void prune_checkpoints(const std::filesystem::path& run_folder, std::int64_t step, std::int64_t keep_last);

// Removes what a killed process left half-written.
void remove_partial_checkpoints(const std::filesystem::path& run_folder);

}  // namespace bertforge
