#include "step_lines.h"

#include <nlohmann/json.hpp>
#include <string>

#include "bertforge/base/files.h"

namespace bertforge {
namespace {

// The lines that `is_kept` says; none that is no object with a step.
template <class Predicate>
void filter_lines(const std::filesystem::path& file, const Predicate& is_kept) {
  if (!path_exists(file)) return;
  const std::string content = read_file(file);
  std::string kept;
  for (std::size_t begin = 0; begin < content.size();) {
    const std::size_t end = content.find('\n', begin);
    if (end == std::string::npos) break;
    const std::string line = content.substr(begin, end - begin + 1);
    const auto json = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    const bool has_step = json.is_object() && json.contains("step") && json["step"].is_number_integer();
    if (has_step && is_kept(json, json["step"].template get<std::int64_t>())) kept += line;
    begin = end + 1;
  }
  write_file_atomic(file, kept);
}

}  // namespace

void drop_lines_after(const std::filesystem::path& file, const TrainState& state) {
  filter_lines(file, [&](const nlohmann::json& line, std::int64_t step) {
    const bool is_evaluation = line.contains("kind") && line["kind"] == "evaluation";
    return step <= (is_evaluation ? state.evaluated : state.progress).step;
  });
}

void drop_evaluations_after(const std::filesystem::path& file, const TrainState& state) {
  filter_lines(file, [&](const nlohmann::json&, std::int64_t step) { return step <= state.evaluated.step; });
}

}  // namespace bertforge
