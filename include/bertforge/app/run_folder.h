#pragma once
// The run folder: whether training may begin in it, from which checkpoint, and what is written down of the run.
//
// Fed by pretrain.h; the names of files are checkpoint/paths.h's.

#include <filesystem>
#include <optional>
#include <string>

#include "bertforge/app/run_config.h"
#include "bertforge/checkpoint/paths.h"

namespace bertforge {

// Where training begins.
struct RunStart {
  RunPaths paths;
  std::optional<std::filesystem::path> checkpoint;  // Nothing: at the beginning.
};

// `resume`: "auto" takes the newest whole checkpoint of the run folder, if any; "never" begins anew; else a
// checkpoint, or a run whose newest is meant. Error(kUsage): a folder with files but no checkpoint (unless "never"),
// one with checkpoints and "never", a path without checkpoint.
RunStart choose_start(const std::filesystem::path& output, const std::string& resume);

// Makes the folder, writes config.toml and run.json, and opens train.log. What changed since the last session is
// logged.
void open_run_folder(const RunStart& start, const RunConfig& config, const std::string& command);

}  // namespace bertforge
