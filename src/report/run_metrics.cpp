#include "bertforge/report/run_metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/checkpoint/paths.h"
#include "bertforge/formats/json.h"
#include "json_lines.h"

namespace bertforge {
namespace {

using nlohmann::json;

// The numbers of a line, and those of each objective in it. None has to be there.
constexpr const char* kLineValues[] = {"loss", "learning_rate", "gradient_norm", "tokens_per_second"};
constexpr const char* kObjectiveValues[] = {"loss",       "accuracy",         "balanced_accuracy",
                                            "perplexity", "unigram_baseline", "below_baseline"};

template <std::size_t N>
void read_values(const json& object, const char* const (&names)[N], const std::string& prefix, const std::string& where,
                 MetricPoint& point) {
  for (const char* name : names) {
    const double value = get_double(object, name, where, std::numeric_limits<double>::quiet_NaN());
    if (std::isfinite(value)) point.values[prefix + name] = value;
  }
}

std::vector<BandAccuracy> read_bands(const json& masked_lm, const std::string& where) {
  std::vector<BandAccuracy> bands;
  if (!masked_lm.contains("frequency_bands")) return bands;
  const json& list = masked_lm["frequency_bands"];
  if (!list.is_array())
    fail(ErrorKind::kInput, where, ": \"frequency_bands\" is of type ", list.type_name(), "; it must be a list");
  for (const json& band : list) {
    bands.push_back({get_int(band, "first_rank", where), get_int(band, "last_rank", where),
                     get_int(band, "count", where), get_double(band, "accuracy", where, 0)});
  }
  return bands;
}

// Any member that is an object is an objective; the two that the reports know by name must be one.
void read_objectives(const json& line, const std::string& where, MetricPoint& point) {
  for (const char* name : {"masked_lm", "next_sentence"}) {
    if (line.contains(name)) get_object(line, name, where);
  }
  for (const auto& [name, value] : line.items()) {
    if (value.is_object()) read_values(value, kObjectiveValues, name + "/", where, point);
  }
  if (line.contains("masked_lm")) point.frequency_bands = read_bands(line["masked_lm"], where);
}

void add_line(const json& line, const std::string& where, RunMetrics& metrics) {
  const std::string kind = get_string(line, "kind", where);
  if (kind != "train" && kind != "evaluation") {
    fail(ErrorKind::kInput, where, ": \"kind\" is ", dump_json_line(kind), "; it must be \"train\" or \"evaluation\"");
  }
  MetricPoint point;
  point.step = get_int(line, "step", where);
  point.tokens = get_int(line, "tokens", where);
  point.seconds = get_double(line, "seconds", where);
  read_values(line, kLineValues, "", where, point);
  read_objectives(line, where, point);
  (kind == "train" ? metrics.train : metrics.evaluations).push_back(std::move(point));
}

}  // namespace

std::optional<double> MetricPoint::find(const std::string& name) const {
  const auto value = values.find(name);
  return value == values.end() ? std::nullopt : std::optional(value->second);
}

const MetricPoint* RunMetrics::last() const {
  const MetricPoint* last = nullptr;
  for (const auto* points : {&train, &evaluations}) {
    if (!points->empty() && (last == nullptr || points->back().step > last->step)) last = &points->back();
  }
  return last;
}

std::optional<double> RunMetrics::last_held_out(const std::string& name) const {
  for (auto point = evaluations.rbegin(); point != evaluations.rend(); ++point) {
    if (const auto value = point->find(name)) return value;
  }
  return std::nullopt;
}

std::vector<std::string> RunMetrics::objectives() const {
  std::vector<std::string> names;
  for (const auto* points : {&train, &evaluations}) {
    for (const MetricPoint& point : *points) {
      for (const auto& [name, value] : point.values) {
        const std::size_t slash = name.rfind('/');
        const std::string objective = name.substr(0, slash == std::string::npos ? 0 : slash);
        if (!objective.empty() && std::ranges::find(names, objective) == names.end()) names.push_back(objective);
      }
    }
  }
  std::ranges::sort(names);
  return names;
}

RunMetrics read_run_metrics(const std::filesystem::path& folder) {
  require_folder(folder);
  const auto file = RunPaths{folder}.metrics_jsonl();
  if (!path_exists(file)) {
    fail(ErrorKind::kUsage, folder.string(),
         " has no metrics.jsonl; the folder of a run of bertforge pretrain is expected");
  }
  RunMetrics metrics;
  for_each_json_line(file, [&](const json& line, const std::string& where) { add_line(line, where, metrics); });
  return metrics;
}

}  // namespace bertforge
