#pragma once
// A pre-training run from its config to its last checkpoint.
//
// Fed by the command pretrain; puts data/, model/, train/ and checkpoint/ together and leaves the work to them.

#include <string>

#include "bertforge/app/run_config.h"

namespace bertforge {

struct PretrainOptions {
  std::string resume = "auto";  // "auto", "never", or a checkpoint or run folder.
  bool dry_run = false;         // Everything but one update and one evaluation; nothing is written.
  std::string command;          // As typed, for run.json.
  std::string profile;          // A file for a trace of the session's updates; "": none.
};

// Returns the exit code: 0, or 128 + the signal that stopped it after saving. `config` is validated, its paths are
// absolute.
int pretrain(RunConfig config, const PretrainOptions& options);

}  // namespace bertforge
