#include "bertforge/app/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <exception>
#include <nlohmann/json.hpp>
#include <utility>

#include "bertforge/app/version.h"
#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/base/log.h"
#include "bertforge/checkpoint/run_checkpoints.h"
#include "bertforge/checkpoint/state_file.h"
#include "bertforge/formats/json.h"
#include "bertforge/formats/toml.h"
#include "command_functions.h"

namespace bertforge {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// A run's first file in the making, left by a process that was killed, is nobody's.
bool has_files(const RunPaths& run) {
  if (!path_exists(run.root)) return false;
  const fs::path unfinished = run.run_json().string() + std::string(kPartialSuffix);
  return std::ranges::any_of(list_folder(run.root), [&](const auto& entry) { return entry.path() != unfinished; });
}

std::string utc_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&now));
  return text;
}

RunStart begin_anew(const RunPaths& paths) {
  if (!checkpoint_folders(paths.root).empty()) {
    fail(ErrorKind::kUsage, paths.root.string(),
         " has checkpoints, and --resume never would mix two runs; name another ", "--output, or remove ",
         paths.checkpoints().string());
  }
  if (has_files(paths)) log_info("--resume never: beginning anew in ", paths.root.string());
  return {paths, std::nullopt};
}

RunStart resume_where_possible(const RunPaths& paths) {
  const auto checkpoint = latest_checkpoint(paths.root);
  if (!checkpoint && path_exists(paths.run_json()) && checkpoint_folders(paths.root).empty()) {
    log_info(paths.root.string(), " is a run that ended before its first checkpoint: beginning anew");
  } else if (!checkpoint && has_files(paths)) {
    require_no_damage(paths.root);
    fail(ErrorKind::kUsage, paths.root.string(),
         " is not empty and has no checkpoint to resume from; name another --output, ",
         "or begin anew in it with --resume never");
  }
  return {paths, checkpoint};
}

RunStart resume_from(const RunPaths& paths, const fs::path& named) {
  if (path_exists(named)) require_folder(named);
  if (!folder_exists(named)) {
    fail(ErrorKind::kUsage, "--resume ", named.string(),
         ": there is no such folder; it must be auto, never, a checkpoint or a run");
  }
  const auto newest = latest_checkpoint(named);
  const fs::path checkpoint = newest ? *newest : named;
  const std::int64_t step = read_state_file(checkpoint).progress.step;
  if (const auto later = latest_checkpoint(paths.root, step)) {
    fail(ErrorKind::kUsage, later->string(), ": this run has come further than step ", step,
         ", where training would begin; resume from it, or name another --output");
  }
  return {paths, checkpoint};
}

void log_changed_settings(const RunPaths& paths, const FieldList& now) {
  auto earlier = read_run_config(paths);
  if (!earlier) return;
  FieldList before;
  visit_fields(*earlier, before);
  for (const Field& field : now.fields()) {
    const std::string old_value = before.find(field.path)->value_as_toml();
    if (old_value == field.value_as_toml()) continue;
    log_warning("changed since the run's last session: ", field.path, " was ", old_value, " and is ",
                field.value_as_toml());
  }
}

// run.json of the sessions before.
Json read_sessions(const fs::path& file) {
  if (!path_exists(file)) return {{"format_version", 1}, {"sessions", Json::array()}};
  const auto run = read_json_file(file);
  if (!get_member(run, "sessions", file.string()).is_array()) {
    fail(ErrorKind::kInput, file.string(), ": \"sessions\" is no list");
  }
  return Json::parse(run.dump());
}

// A path or a command may be in bytes that are not UTF-8.
void write_sessions(const fs::path& file, const Json& run) {
  write_file_atomic(file, run.dump(2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n");
}

void write_run_json(const RunStart& start, const SessionStart& begun) {
  Json run = read_sessions(start.paths.run_json());
  Json session = {{"started", utc_now()},
                  {"command", begun.command},
                  {"folder", fs::current_path().string()},
                  {"resumed_from", start.checkpoint ? Json(start.checkpoint->string()) : Json()},
                  {"first_step", begun.first_step},
                  {"ranks", begun.num_ranks},
                  {"bertforge", program_version()},
                  {"git_revision", git_revision()}};
  for (const Facts& facts : {libtorch_facts(), Facts(machine_facts())}) {
    for (const auto& [name, value] : facts) session[name] = value;
  }
  run["sessions"].push_back(session);
  write_sessions(start.paths.run_json(), run);
}

}  // namespace

RunStart choose_start(const fs::path& output, const std::string& resume) {
  const RunPaths paths{output};
  if (path_exists(output) && !folder_exists(output)) {
    fail(ErrorKind::kUsage, output.string(), " is a file; --output names the folder of a run");
  }
  if (resume == "never") return begin_anew(paths);
  if (resume == "auto") return resume_where_possible(paths);
  return resume_from(paths, resume);
}

void open_run_folder(const RunStart& start, const RunConfig& config, const SessionStart& session) {
  RunConfig copy = config;
  FieldList fields;
  visit_fields(copy, fields);
  remove_settings_without_effect(copy, fields);

  write_run_json(start, session);  // The first: by it a later session knows the folder for a run.
  add_log_file(start.paths.train_log());
  if (start.checkpoint) {
    log_changed_settings(start.paths, fields);
  } else {
    fs::remove(start.paths.metrics_jsonl());
    fs::remove(start.paths.predictions_jsonl());
    fs::remove_all(start.paths.tensorboard());
  }
  write_file_atomic(start.paths.config_toml(),
                    "# As used; `bertforge pretrain --config` with this file runs it again.\n\n" +
                        dump_toml(fields, /*with_help=*/false));
}

void note_session_end(const RunPaths& paths, const SessionEnd& end) {
  try {
    if (!path_exists(paths.run_json())) return;  // Gone, with the folder; that is told elsewhere.
    Json run = read_sessions(paths.run_json());
    if (run["sessions"].empty()) return;
    run["sessions"].back()["end"] = {{"time", utc_now()}, {"step", end.step}, {"reason", end.reason}};
    write_sessions(paths.run_json(), run);
  } catch (const std::exception& error) {  // No loss that a training would end for.
    log_warning("how the session ended was not written down: ", error.what());
  }
}

Facts changed_settings(const fs::path& run_folder) {
  auto config = read_run_config(RunPaths{run_folder});
  if (!config) return {};
  RunConfig defaults;
  defaults.tokenizer = TokenizerConfig::defaults_of(config->tokenizer.compat);
  defaults.tokenizer.compat = TokenizerConfig().compat;
  FieldList fields, default_fields;
  visit_fields(*config, fields);
  visit_fields(defaults, default_fields);
  Facts changed;
  for (const Field& field : fields.fields()) {
    const std::string value = field.value_as_toml();
    if (field.path == "run.output") continue;  // The folder itself.
    if (value != default_fields.find(field.path)->value_as_toml()) changed.emplace_back(field.path, value);
  }
  return changed;
}

std::optional<RunConfig> read_run_config(const RunPaths& paths) {
  if (!path_exists(paths.config_toml())) return std::nullopt;
  RunConfig config;
  FieldList fields;
  visit_fields(config, fields);
  try {
    read_toml_file(paths.config_toml(), fields);
  } catch (const Error& error) {  // Of another version, or edited: a run can do without.
    log_warning(error.what(), "; the settings of the run's last session are not known");
    return std::nullopt;
  }
  return config;
}

RunLock::RunLock(fs::path folder) : folder_(std::move(folder)) {
  if (folder_exists(folder_)) lock();
}

RunLock::~RunLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

void RunLock::make_folder() {
  if (descriptor_ >= 0) return;
  std::error_code error;
  const bool is_ours = fs::create_directories(folder_, error);
  if (error) fail(ErrorKind::kEnvironment, folder_.string(), " cannot be made: ", error.message());
  if (!is_ours) fail(ErrorKind::kEnvironment, folder_.string(), " was made by another process just now; start again");
  lock();
}

void RunLock::lock() {
  descriptor_ = open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor_ < 0) fail(ErrorKind::kEnvironment, folder_.string(), " cannot be opened: ", std::strerror(errno));
  if (flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
  const int reason = errno;
  close(std::exchange(descriptor_, -1));
  if (reason == EWOULDBLOCK) {
    fail(ErrorKind::kEnvironment, folder_.string(),
         ": another process is training in this run folder; wait for it, or ", "name another --output");
  }
  fail(ErrorKind::kEnvironment, folder_.string(), " cannot be locked: ", std::strerror(reason));
}

}  // namespace bertforge
