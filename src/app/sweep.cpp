#include "sweep.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "bertforge/app/run_config.h"
#include "bertforge/base/error.h"
#include "bertforge/formats/toml.h"

namespace bertforge {
namespace {

struct GridLine {
  std::string path;
  std::vector<std::string> values;
};

std::string trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t"), end = text.find_last_not_of(" \t");
  return begin == std::string_view::npos ? "" : std::string(text.substr(begin, end - begin + 1));
}

GridLine parse_grid_line(const std::string& text) {
  const std::size_t equals = text.find('=');
  GridLine line;
  if (equals != std::string::npos) {
    line.path = trimmed(std::string_view(text).substr(0, equals));
    for (std::size_t begin = equals + 1; begin <= text.size();) {
      const std::size_t end = std::min(text.find(',', begin), text.size());
      line.values.push_back(trimmed(std::string_view(text).substr(begin, end - begin)));
      begin = end + 1;
    }
  }
  if (line.path.empty() || std::ranges::count(line.values, "") != 0) {
    fail(ErrorKind::kUsage, "sweep.grid has \"", text, "\"; it must be a setting and its values, such as ",
         "\"optimizer.learning_rate = 1e-4, 5e-4\"");
  }
  return line;
}

// What may stand in the name of a folder.
std::string folder_safe(std::string text) {
  std::ranges::replace_if(
      text,
      [](unsigned char c) { return std::isalnum(c) == 0 && std::string_view("._=-+").find(c) == std::string::npos; },
      '-');
  return text;
}

std::string last_part(const std::string& path) { return path.substr(path.rfind('.') + 1); }

// Every combination, the last line's values changing fastest.
std::vector<std::vector<Override>> combinations(const std::vector<GridLine>& grid) {
  std::vector<std::vector<Override>> all = {{}};
  for (const GridLine& line : grid) {
    std::vector<std::vector<Override>> longer;
    for (const auto& settings : all) {
      for (const std::string& value : line.values) {
        longer.push_back(settings);
        longer.back().push_back({line.path, value});
      }
    }
    all = std::move(longer);
  }
  return all;
}

std::string run_name(const std::string& overlay, const std::vector<Override>& settings) {
  std::string name = overlay.empty() ? "" : std::filesystem::path(overlay).stem().string();
  for (const Override& setting : settings) {
    name += (name.empty() ? "" : "_") + last_part(setting.path) + "=" + setting.value;
  }
  return name.empty() ? "run" : folder_safe(name);
}

void check_run(const SweepRun& run, const std::string& output) {
  try {
    RunConfig config;
    FieldList fields;
    visit_fields(config, fields);
    apply_layers(run.config_files, run.settings, fields);
    config.run.output = output;
    config.validate();
  } catch (const Error& error) {
    throw Error(error.kind(), concat("sweep: run ", run.name, ": ", error.what()));
  }
}

void visit_fields(SweepConfig& config, FieldList& fields) {
  fields.section("sweep", [&] {
    fields.add("config", config.config, "Config files under all runs.");
    fields.add("overlays", config.overlays, "Config files over those, a run each.");
    fields.add("grid", config.grid, "Settings and their values: a run for each combination, of each overlay.");
    fields.add("output", config.output, "The folder of the runs' folders.");
  });
}

}  // namespace

SweepConfig read_sweep_file(const std::filesystem::path& file) {
  SweepConfig config;
  FieldList fields;
  visit_fields(config, fields);
  read_toml_file(file, fields);
  if (config.config.empty()) fail(ErrorKind::kUsage, file.string(), ": sweep.config names no config file");
  if (config.output.empty()) fail(ErrorKind::kUsage, file.string(), ": sweep.output is empty; say where the runs go");
  return config;
}

std::vector<SweepRun> plan_sweep(const SweepConfig& sweep) {
  std::vector<GridLine> grid;
  for (const std::string& line : sweep.grid) grid.push_back(parse_grid_line(line));
  std::vector<std::string> overlays = sweep.overlays;
  if (overlays.empty()) overlays.emplace_back();
  std::vector<SweepRun> runs;
  std::set<std::string> names;
  for (const std::string& overlay : overlays) {
    for (const std::vector<Override>& settings : combinations(grid)) {
      SweepRun run = {run_name(overlay, settings), sweep.config, settings};
      if (!overlay.empty()) run.config_files.push_back(overlay);
      if (!names.insert(run.name).second) {
        fail(ErrorKind::kUsage, "sweep: two runs would have the folder ", run.name,
             "; overlays and the last parts of the grid's settings need names of their own");
      }
      check_run(run, (std::filesystem::path(sweep.output) / run.name).string());
      runs.push_back(std::move(run));
    }
  }
  return runs;
}

}  // namespace bertforge
