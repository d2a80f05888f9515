#include "bertforge/app/run_folder.h"

#include <chrono>
#include <ctime>
#include <nlohmann/json.hpp>

#include "bertforge/app/version.h"
#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/base/log.h"
#include "bertforge/checkpoint/run_checkpoints.h"
#include "bertforge/formats/json.h"
#include "bertforge/formats/toml.h"
#include "command_functions.h"

namespace bertforge {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

bool has_files(const fs::path& folder) { return fs::exists(folder) && !fs::is_empty(folder); }

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
  if (has_files(paths.root)) log_info("--resume never: beginning anew in ", paths.root.string());
  fs::remove(paths.metrics_jsonl());
  return {paths, std::nullopt};
}

RunStart resume_where_possible(const RunPaths& paths) {
  const auto checkpoint = latest_checkpoint(paths.root);
  if (!checkpoint && has_files(paths.root)) {
    fail(ErrorKind::kUsage, paths.root.string(),
         " is not empty and has no checkpoint to resume from; name another --output, ",
         "or begin anew in it with --resume never");
  }
  return {paths, checkpoint};
}

RunStart resume_from(const RunPaths& paths, const fs::path& named) {
  if (!fs::is_directory(named)) {
    fail(ErrorKind::kUsage, "--resume ", named.string(),
         ": there is no such folder; it must be auto, never, a checkpoint or a run");
  }
  const auto newest = latest_checkpoint(named);
  return {paths, newest ? *newest : named};  // Another kind of folder is refused when it is read.
}

// config.toml of the session before; nothing where there is none.
void log_changed_settings(const RunPaths& paths, const FieldList& now) {
  if (!fs::exists(paths.config_toml())) return;
  RunConfig earlier;
  FieldList before;
  visit_fields(earlier, before);
  read_toml_file(paths.config_toml(), before);
  for (const Field& field : now.fields()) {
    const std::string old_value = before.find(field.path)->value_as_toml();
    if (old_value == field.value_as_toml()) continue;
    log_warning("changed since the run's last session: ", field.path, " was ", old_value, " and is ",
                field.value_as_toml());
  }
}

void write_run_json(const RunStart& start, const std::string& command) {
  Json run = {{"format_version", 1}, {"sessions", Json::array()}};
  if (fs::exists(start.paths.run_json())) run = Json::parse(read_file(start.paths.run_json()));
  Json session = {{"started", utc_now()},
                  {"command", command},
                  {"folder", fs::current_path().string()},
                  {"resumed_from", start.checkpoint ? Json(start.checkpoint->string()) : Json()},
                  {"bertforge", program_version()},
                  {"git_revision", git_revision()}};
  for (const Facts& facts : {libtorch_facts(), Facts(machine_facts())}) {
    for (const auto& [name, value] : facts) session[name] = value;
  }
  run["sessions"].push_back(session);
  write_file_atomic(start.paths.run_json(), run.dump(2) + "\n");
}

}  // namespace

RunStart choose_start(const fs::path& output, const std::string& resume) {
  const RunPaths paths{output};
  if (fs::exists(output) && !fs::is_directory(output)) {
    fail(ErrorKind::kUsage, output.string(), " is a file; --output names the folder of a run");
  }
  if (resume == "never") return begin_anew(paths);
  if (resume == "auto") return resume_where_possible(paths);
  return resume_from(paths, resume);
}

void open_run_folder(const RunStart& start, const RunConfig& config, const std::string& command) {
  RunConfig copy = config;
  FieldList fields;
  visit_fields(copy, fields);
  remove_settings_without_effect(copy, fields);

  fs::create_directories(start.paths.root);
  add_log_file(start.paths.train_log());
  if (start.checkpoint) log_changed_settings(start.paths, fields);
  write_file_atomic(start.paths.config_toml(),
                    "# As used; `bertforge pretrain --config` with this file runs it again.\n\n" +
                        dump_toml(fields, /*with_help=*/false));
  write_run_json(start, command);
}

}  // namespace bertforge
