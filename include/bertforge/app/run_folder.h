#pragma once
// The run folder: whether training may begin in it, from which checkpoint, and what is written down of the run.
//
// Fed by pretrain.h; the names of files are checkpoint/paths.h's.

#include <cstdint>
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

// The run folder belongs to one process at a time, for as long as this lives. It locks the folder itself and leaves no file.
class RunLock {
 public:
  // Locks the folder if it exists. Error(kEnvironment): another process trains in it.
  explicit RunLock(std::filesystem::path folder);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

  // Makes the folder where there was none. Error(kEnvironment): another process was faster, or the system refuses.
  void make_folder();

 private:
  void lock();

  std::filesystem::path folder_;
  int descriptor_ = -1;
};

// `resume`: "auto" takes the newest whole checkpoint of the run folder, if any; "never" begins anew; else a
// checkpoint, or a run whose newest is meant. Nothing is written. Error(kUsage): a folder of other things than a run's
// (unless "never"), one with checkpoints and "never", a path without checkpoint, a run that has come further.
RunStart choose_start(const std::filesystem::path& output, const std::string& resume);

// How a session begins.
struct SessionStart {
  std::string command;          // As typed
  std::int64_t first_step = 0;  // The updates made before it
  int num_ranks = 1;
};

// Writes run.json and config.toml into the folder, which exists, and opens train.log. Where the run begins anew, metrics and
// predictions of an earlier session are removed; where it goes on, what changed since is logged.
void open_run_folder(const RunStart& start, const RunConfig& config, const SessionStart& session);

// How a session ended.
struct SessionEnd {
  std::int64_t step = 0;  // Of the last update.
  std::string reason;     // "complete", "interrupted by SIGTERM", or what an error says, in one line.
};

// Writes it into run.json, with the time, as the end of the last session there. Where that cannot be done: a warning.
void note_session_end(const RunPaths& paths, const SessionEnd& end);

// config.toml of a run; nothing where there is none, or (with a warning) where this program cannot read it.
std::optional<RunConfig> read_run_config(const RunPaths& paths);

}  // namespace bertforge
