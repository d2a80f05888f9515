#pragma once
// A checkpoint: a model folder that other software opens, plus trainer/ with what training needs to go on as if it had never
// stopped. It is written beside its name, flushed and renamed: a reader never sees half of one.
//
// Fed by checkpoint_observer.h; read back by app/ at --resume. Format: docs/file_formats.md.

#include <cstdint>
#include <filesystem>

#include "bertforge/model/config.h"
#include "bertforge/model/parameters.h"
#include "bertforge/text/tokenizer.h"
#include "bertforge/train/optimizer.h"
#include "bertforge/train/train_state.h"

namespace bertforge {

// What a checkpoint holds besides TrainState. All of it outlives this.
struct CheckpointParts {
  const BertConfig& config;
  ParameterStore& store;
  Optimizer& optimizer;
  const Tokenizer& tokenizer;
  std::int64_t max_length = 512;  // The longest sequence trained on; see write_model.
};

// Saves checkpoints/step-N of the run folder, in place of one that is there, and lets `latest` lead to it. Returns its path.
// Error(kEnvironment), a full disk: nothing half-written is left, and earlier checkpoints are as they were.
std::filesystem::path save_checkpoint(const std::filesystem::path& run_folder, const CheckpointParts& parts,
                                      const TrainState& state);

// Fills `parts`, weights and moments bit for bit as they were saved, and returns the state to go on from. `fresh` is the state
// that this run would begin with: its dataset and tokenizer must be those of the checkpoint.
// Nothing is changed unless everything is right. Error(kUsage): the checkpoint is of another architecture, dataset or
// tokenizer, or of an unknown version. Error(kInput): it is damaged.
TrainState load_checkpoint(const std::filesystem::path& folder, const CheckpointParts& parts, const TrainState& fresh);

}  // namespace bertforge
