#pragma once
// trainer/state.json: what training has reached, and the content hash of every file of the checkpoint, so that a damaged one is
// known before anything is read from it.
//
// Fed by checkpoint.h; eaten by it, by run_checkpoints.h and by the inspect command. Format: docs/file_formats.md.

#include <cstdint>
#include <filesystem>
#include <string>

#include "bertforge/train/train_state.h"

namespace bertforge {

constexpr std::int64_t kCheckpointFormatVersion = 1;

// A state as text that reads back to the same: what state.json holds of it.
std::string state_text(const TrainState& state);
TrainState parse_state(const std::string& text);

// Writes trainer/state.json of a folder whose other files are all there.
void write_state_file(const std::filesystem::path& checkpoint, const TrainState& state);

// Error(kUsage): the folder has none (it is a model, not a checkpoint). Error(kInput): it is damaged, or of an unknown
// version.
TrainState read_state_file(const std::filesystem::path& checkpoint);

// Whether the file, which is there, states a format version that this program does not read: it is not damaged then.
bool has_unknown_version(const std::filesystem::path& checkpoint);

// Reads every file of the checkpoint. Error(kInput) names the first that is missing, of another size, or changed.
void verify_files(const std::filesystem::path& checkpoint);

}  // namespace bertforge
