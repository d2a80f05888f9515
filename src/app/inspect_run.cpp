// A run folder: how far it came, its last evaluation, its checkpoints.

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>

#include "bertforge/base/error.h"
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

}  // namespace

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

}  // namespace bertforge
