#include "bertforge/checkpoint/run_checkpoints.h"

#include <algorithm>
#include <set>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/base/log.h"
#include "bertforge/checkpoint/paths.h"
#include "bertforge/checkpoint/state_file.h"
#include "bertforge/huggingface/folder.h"

namespace bertforge {
namespace {

namespace fs = std::filesystem;

// Why training cannot go on from a checkpoint; nothing where it can. One of another version is an error, and no damage: a
// run must not go back behind what a newer program has reached.
std::optional<std::string> find_damage(const fs::path& checkpoint) {
  const fs::path state = CheckpointPaths{checkpoint}.state_json();
  if (!path_exists(state)) return state.string() + ": the file is missing from its checkpoint";
  try {
    verify_files(checkpoint);
  } catch (const Error& error) {  // What is damaged is the answer here, not a failure.
    if (error.kind() != ErrorKind::kInput || has_unknown_version(checkpoint)) throw;
    return error.what();
  }
  return std::nullopt;
}

// Replaces the link in one step: it leads to the old checkpoint or to the new one.
void set_link(const fs::path& link, const fs::path& run_folder, const fs::path& checkpoint) {
  const fs::path fresh = link.string() + std::string(kPartialSuffix);
  try {
    fs::remove(fresh);
    fs::create_directory_symlink(checkpoint.lexically_relative(run_folder), fresh);
    fs::rename(fresh, link);
  } catch (const fs::filesystem_error& error) {
    fail(ErrorKind::kEnvironment, link.string(), " cannot be made: ", error.code().message(),
         "; a run folder needs a file system with symbolic links");
  }
}

// The name of the checkpoint folder that a link leads to; "" where there is no link.
std::string target_name(const fs::path& link) {
  std::error_code no_link;
  return fs::read_symlink(link, no_link).filename().string();
}

// Under another name first, so that no half-removed folder is ever taken for a checkpoint.
void remove_checkpoint(const fs::path& folder) {
  const fs::path doomed = folder.string() + std::string(kPartialSuffix);
  std::error_code error;
  fs::rename(folder, doomed, error);
  if (!error) fs::remove_all(doomed, error);
  if (error) log_warning(folder.string(), " cannot be removed: ", error.message(), "; nothing needs it any more");
}

std::optional<fs::path> best_checkpoint(const RunPaths& run) {
  const std::string name = target_name(run.best());
  if (name.empty()) return std::nullopt;
  const fs::path checkpoint = run.checkpoints() / name;
  if (path_exists(checkpoint / model_files::kConfig)) return checkpoint;
  log_warning(run.best().string(), " leads to ", checkpoint.string(),
              ", which is no model folder; the latest is taken");
  return std::nullopt;
}

}  // namespace

std::vector<StepFolder> checkpoint_folders(const fs::path& run_folder) {
  std::vector<StepFolder> folders;
  const fs::path checkpoints = RunPaths{run_folder}.checkpoints();
  if (!folder_exists(checkpoints)) return folders;
  for (const fs::directory_entry& entry : list_folder(checkpoints)) {
    const auto step = checkpoint_step(entry.path().filename().string());
    if (step && entry.is_directory()) folders.push_back({*step, entry.path()});
  }
  std::ranges::sort(folders, {}, &StepFolder::step);
  return folders;
}

std::optional<fs::path> latest_checkpoint(const fs::path& run_folder, std::int64_t after_step) {
  const auto folders = checkpoint_folders(run_folder);
  for (auto folder = folders.rbegin(); folder != folders.rend() && folder->step > after_step; ++folder) {
    const auto damage = find_damage(folder->path);
    if (!damage) return folder->path;
    log_warning(*damage, "; this checkpoint is passed over");
  }
  return std::nullopt;
}

void require_no_damage(const fs::path& run_folder) {
  const std::size_t num_folders = checkpoint_folders(run_folder).size();
  if (num_folders == 0 || latest_checkpoint(run_folder)) return;
  fail(ErrorKind::kInput, run_folder.string(), ": none of its ", num_folders, " checkpoints is whole; remove ",
       RunPaths{run_folder}.checkpoints().string(), " to begin anew, or name another run");
}

bool is_whole_checkpoint(const fs::path& checkpoint) { return !find_damage(checkpoint); }

fs::path resolve_checkpoint(const fs::path& path) {
  require_folder(path);
  if (path_exists(path / model_files::kConfig)) return path;
  const RunPaths run{path};
  if (const auto best = best_checkpoint(run)) return *best;
  if (const auto latest = latest_checkpoint(path)) return *latest;
  require_no_damage(path);
  if (path_exists(run.checkpoints()) || path_exists(run.config_toml())) {
    fail(ErrorKind::kUsage, path.string(), ": the run has no checkpoint yet");
  }
  fail(ErrorKind::kUsage, path.string(), ": neither a model folder, which has ", model_files::kConfig,
       ", nor a run folder, which has checkpoints/");
}

void set_latest(const fs::path& run_folder, const fs::path& checkpoint) {
  set_link(RunPaths{run_folder}.latest(), run_folder, checkpoint);
}

void set_best(const fs::path& run_folder, const fs::path& checkpoint) {
  set_link(RunPaths{run_folder}.best(), run_folder, checkpoint);
}

void prune_checkpoints(const fs::path& run_folder, std::int64_t step, std::int64_t keep_last) {
  if (keep_last == 0) return;
  const RunPaths run{run_folder};
  const std::set<std::string> kept = {target_name(run.best()), target_name(run.latest())};
  auto folders = checkpoint_folders(run_folder);
  std::erase_if(folders, [&](const StepFolder& folder) { return folder.step > step; });
  const auto num_old = static_cast<std::int64_t>(folders.size()) - keep_last;
  for (std::int64_t i = 0; i < num_old; ++i) {
    const fs::path& folder = folders[static_cast<std::size_t>(i)].path;
    if (!kept.contains(folder.filename().string())) remove_checkpoint(folder);
  }
}

void remove_partial_checkpoints(const fs::path& run_folder) {
  const fs::path checkpoints = RunPaths{run_folder}.checkpoints();
  if (!folder_exists(checkpoints)) return;
  std::vector<fs::path> partial;
  for (const fs::directory_entry& entry : list_folder(checkpoints)) {
    const fs::path final_name = entry.path().stem();
    if (entry.path().extension() == kPartialSuffix && checkpoint_step(final_name.string())) {
      partial.push_back(checkpoints / final_name);
    }
  }
  for (const fs::path& folder : partial)
    StagedFolder(folder, /*replace=*/true);  // Takes over what is left, and discards it.
}

}  // namespace bertforge
