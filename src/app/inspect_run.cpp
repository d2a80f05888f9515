// A run folder: how far it came, its losses, its settings and sessions, its model and checkpoints.

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>

#include "bertforge/base/error.h"
#include "bertforge/base/figure_text.h"
#include "bertforge/base/files.h"
#include "bertforge/checkpoint/paths.h"
#include "bertforge/formats/json.h"
#include "inspect.h"

namespace bertforge {
namespace {

std::vector<std::string> checkpoint_names(const RunPaths& paths) {
  std::vector<std::string> names;
  if (!path_exists(paths.checkpoints())) return names;
  for (const auto& entry : list_folder(paths.checkpoints())) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(kPartialSuffix)) names.push_back(name);
  }
  return names;
}

// The last line of each kind in metrics.jsonl.
void add_last_metrics(const RunPaths& paths, Figures& figures) {
  if (!path_exists(paths.metrics_jsonl())) return;
  std::ifstream file(paths.metrics_jsonl());
  if (!file) fail(ErrorKind::kEnvironment, paths.metrics_jsonl().string(), " cannot be read: ", std::strerror(errno));
  std::int64_t number = 0;
  for (std::string line; std::getline(file, line);) {
    const std::string where = paths.metrics_jsonl().string() + ":" + std::to_string(++number);
    if (file.eof()) break;  // Without LF: a run is writing it just now.
    const std::string kind = get_string(parse_json(line, where), "kind", where);
    figures["last " + kind] = Figures::parse(line);
    figures["last " + kind].erase("kind");
  }
}

std::string target_of(const std::filesystem::path& link) {
  return std::filesystem::is_symlink(link) ? std::filesystem::read_symlink(link).filename().string() : "none";
}

// What the files say, for other programs.
Figures run_figures(const std::filesystem::path& folder) {
  const RunPaths paths{folder};
  Figures figures;
  if (path_exists(paths.run_json())) figures["run"] = Figures::parse(read_json_object(paths.run_json()).dump());
  add_last_metrics(paths, figures);
  figures["checkpoints"] = checkpoint_names(paths);
  figures["best"] = target_of(paths.best());
  figures["latest"] = target_of(paths.latest());
  return figures;
}

// The member of an object, or null: files of other versions have others.
const Figures& member_of(const Figures& object, const char* name) {
  static const Figures kNothing;
  const auto member = object.is_object() ? object.find(std::string(name)) : object.end();
  return member == object.end() ? kNothing : *member;
}

std::string text_of(const Figures& object, const char* name) {
  const Figures& value = member_of(object, name);
  if (value.is_null()) return "";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::optional<double> number_of(const Figures& object, const char* name) {
  const Figures& value = member_of(object, name);
  return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
}

std::optional<std::int64_t> whole_number_of(const Figures& object, const char* name) {
  const Figures& value = member_of(object, name);
  return value.is_number_integer() ? std::optional(value.get<std::int64_t>()) : std::nullopt;
}

std::string listed(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += concat(text.empty() || part.empty() ? "" : ", ", part);
  return text;
}

// Of training or an evaluation, whichever came further; null where there is none.
const Figures& last_line(const Figures& figures) {
  const Figures &train = member_of(figures, "last train"), &evaluation = member_of(figures, "last evaluation");
  return whole_number_of(evaluation, "step") > whole_number_of(train, "step") ? evaluation : train;
}

std::string progress_text(const Figures& line) {
  if (line.is_null()) return "no figures yet";
  const auto seconds = number_of(line, "seconds");
  return concat(or_dash(whole_number_of(line, "step")), " updates, ", or_dash(number_of(line, "epoch"), 2), " epochs, ",
                or_dash(whole_number_of(line, "tokens")), " tokens in ", seconds ? time_text(*seconds) : "-",
                " of training");
}

// "step 12: masked_lm 5.4321 (accuracy 0.123), next_sentence ..."
std::string losses_text(const Figures& line) {
  std::vector<std::string> terms;
  for (const auto& [name, value] : line.items()) {
    if (member_of(value, "loss").is_null()) continue;
    const auto baseline = number_of(value, "unigram_baseline");
    terms.push_back(concat(name, " ", or_dash(number_of(value, "loss"), 4), " (accuracy ",
                           or_dash(number_of(value, "accuracy"), 3),
                           baseline ? ", unigram baseline " + fixed_text(*baseline, 4) : "", ")"));
  }
  return concat("step ", or_dash(whole_number_of(line, "step")), ": ", listed(terms));
}

// The folder of the model that the run stands for; nothing where there is none yet.
std::optional<std::filesystem::path> model_folder(const RunPaths& paths) {
  for (const auto& folder : {paths.best(), paths.latest()}) {
    if (path_exists(folder / "config.json")) return folder;
  }
  return std::nullopt;
}

std::string model_text(const std::filesystem::path& folder) {
  const Figures figures = model_figures(folder);
  const Figures& shape = member_of(figures, "model");
  return concat(folder.string(), ": ", text_of(shape, "num_hidden_layers"), " layers of ",
                text_of(shape, "hidden_size"), ", ", text_of(shape, "num_attention_heads"), " heads, vocabulary ",
                or_dash(whole_number_of(shape, "vocab_size")), ", ",
                or_dash(whole_number_of(member_of(figures, "weights"), "parameters")), " parameters");
}

void add_model(const RunPaths& paths, Figures& summary) {
  const auto folder = model_folder(paths);
  if (!folder) {
    summary["model"] = "none yet: there is no checkpoint";
    return;
  }
  const auto state_json = CheckpointPaths{*folder}.state_json();
  if (path_exists(state_json)) {
    const Figures state = Figures::parse(read_json_object(state_json).dump());
    const auto loss = number_of(member_of(state, "state"), "best_loss");
    const auto step = whole_number_of(member_of(state, "state"), "best_step");
    if (loss) summary["best held-out loss"] = concat(fixed_text(*loss, 4), " at step ", or_dash(step));
  }
  summary["model"] = model_text(*folder);
}

// From which step to which, and why it ended. `last_step`: that of the run's figures, for its last session alone.
std::string course_of(const Figures& session, std::optional<std::int64_t> last_step) {
  const auto first = whole_number_of(session, "first_step");
  const std::string resumed = std::filesystem::path(text_of(session, "resumed_from")).filename().string();
  const std::string from = first ? "step " + grouped_text(*first) : resumed.empty() ? "step 0" : resumed;
  const Figures& end = member_of(session, "end");
  if (!end.is_null()) {
    return concat("from ", from, " to ", or_dash(whole_number_of(end, "step")), ", ", text_of(end, "reason"), " (",
                  text_of(end, "time"), ")");
  }
  if (!last_step) return concat("from ", from, "; no end was noted");
  return concat("from ", from, " to ", grouped_text(std::max(*last_step, first.value_or(0))),
                " so far: under way, or killed");
}

std::string session_text(const Figures& session, std::optional<std::int64_t> last_step) {
  const std::string count = text_of(session, "LibTorch threads");
  const std::string threads = count.empty() ? "" : count + (count == "1" ? " thread" : " threads");
  return concat(text_of(session, "started"), " on ",
                listed({text_of(session, "host"), text_of(session, "CPU"), threads}), ", bertforge ",
                text_of(session, "bertforge"), " (git ", text_of(session, "git_revision"), "), ",
                course_of(session, last_step));
}

void add_sessions(const RunPaths& paths, const Figures& figures, Figures& summary) {
  const Figures& run = member_of(figures, "run");
  if (run.is_null()) return;
  const Figures& sessions = member_of(run, "sessions");
  if (!sessions.is_array()) fail(ErrorKind::kInput, paths.run_json().string(), ": there is no list \"sessions\"");
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    const bool is_last = i + 1 == sessions.size();
    const auto last_step = whole_number_of(last_line(figures), "step").value_or(0);
    summary["sessions"][std::to_string(i + 1)] =
        session_text(sessions[i], is_last ? std::optional(last_step) : std::nullopt);
  }
}

void add_settings(const RunPaths& paths, const InspectOptions& options, Figures& summary) {
  if (options.read_settings == nullptr) {
    summary["settings"] = paths.config_toml().string();
    return;
  }
  for (const auto& [name, value] : options.read_settings(paths.root)) {
    summary["settings (not the default)"][name] = value;
  }
}

// The same for people, with what is in the best checkpoint. What of it is damaged is a warning.
Figures run_summary(const InspectOptions& options, const Figures& figures) {
  const RunPaths paths{options.path};
  Figures summary, warnings = Figures::array();
  const auto try_to = [&](auto action) {
    try {
      action();
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kEnvironment) throw;
      warnings.push_back(error.what());
    }
  };
  summary["run"] = options.path.string();
  summary["progress"] = progress_text(last_line(figures));
  const Figures &train = member_of(figures, "last train"), &evaluation = member_of(figures, "last evaluation");
  if (!train.is_null()) summary["training loss"] = losses_text(train);
  if (!evaluation.is_null()) summary["held-out loss"] = losses_text(evaluation);
  try_to([&] { add_model(paths, summary); });
  const auto names = checkpoint_names(paths);
  summary["checkpoints"] = names.empty() ? "none" : listed(names);
  summary["best"] = figures["best"];
  summary["latest"] = figures["latest"];
  try_to([&] { add_settings(paths, options, summary); });
  try_to([&] { add_sessions(paths, figures, summary); });
  if (!warnings.empty()) summary["warnings"] = warnings;
  return summary;
}

}  // namespace

void inspect_run(const InspectOptions& options) {
  const Figures figures = run_figures(options.path);
  print_figures(options.as_json ? figures : run_summary(options, figures), options.as_json);
}

}  // namespace bertforge
