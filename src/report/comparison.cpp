#include "bertforge/report/comparison.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "bertforge/base/error.h"
#include "bertforge/base/figure_text.h"
#include "bertforge/formats/json.h"
#include "comparison_cells.h"
#include "metric_series.h"

namespace bertforge {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// The parts of a path, without "." and a slash at its end.
std::vector<std::string> parts_of(const fs::path& folder) {
  std::vector<std::string> parts;
  for (const fs::path& part : folder.lexically_normal()) {
    if (!part.empty() && part != ".") parts.push_back(part.string());
  }
  return parts;
}

// Of each folder its path without the folders that all have in common: "a" and "b" for runs/a and runs/b.
void name_apart(std::vector<RunRecord>& runs) {
  std::vector<std::vector<std::string>> paths;
  for (const RunRecord& run : runs) paths.push_back(parts_of(run.folder));
  std::size_t num_common = paths.front().empty() ? 0 : paths.front().size() - 1;
  for (const auto& path : paths) {
    const auto limit = std::min(num_common, path.empty() ? 0 : path.size() - 1);
    num_common = static_cast<std::size_t>(
        std::mismatch(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(limit), paths.front().begin()).first -
        path.begin());
  }
  for (std::size_t i = 0; i < runs.size(); ++i) {
    fs::path name;
    for (std::size_t part = num_common; part < paths[i].size(); ++part) name /= paths[i][part];
    if (runs.size() > 1 && !name.empty() && name != "..") runs[i].name = name.string();
  }
}

std::optional<double> best_loss_of(const RunMetrics& metrics) {
  std::optional<double> best;
  for (const MetricPoint& point : metrics.evaluations) {
    const auto loss = point.find("masked_lm/loss");
    if (loss && (!best || *loss < *best)) best = loss;
  }
  return best;
}

ComparisonRow row_of(const RunRecord& run, std::optional<double> target) {
  const RunMetrics& metrics = run.metrics;
  ComparisonRow row;
  row.name = run.name;
  if (const MetricPoint* last = metrics.last()) {
    row.updates = last->step;
    row.tokens = last->tokens;
    row.minutes = last->seconds / 60;
    if (last->seconds > 0) row.tokens_per_second = static_cast<double>(last->tokens) / last->seconds;
  }
  row.final_loss = metrics.last_held_out("masked_lm/loss");
  row.best_loss = best_loss_of(metrics);
  row.below_baseline = metrics.last_held_out("masked_lm/below_baseline");
  row.nsp_balanced_accuracy = metrics.last_held_out("next_sentence/balanced_accuracy");
  for (const MetricPoint& point : metrics.evaluations) {
    const auto loss = point.find("masked_lm/loss");
    if (!target || !loss || *loss > *target) continue;
    row.minutes_to_target = point.seconds / 60;
    row.tokens_to_target = point.tokens;
    break;
  }
  return row;
}

std::string setting_value(const RunRecord& run, const std::string& setting) {
  const auto found = std::ranges::find(run.settings, setting, &RunSetting::path);
  return found == run.settings.end() ? "" : found->value;
}

// In the order of the first run's file, then of the others'. Where a run writes to is no setting of its training.
std::vector<SettingDifference> differences_of(const std::vector<RunRecord>& runs) {
  std::vector<SettingDifference> differences;
  std::vector<std::string> seen = {"run.output"};
  for (const RunRecord& run : runs) {
    for (const RunSetting& setting : run.settings) {
      if (std::ranges::find(seen, setting.path()) != seen.end()) continue;
      seen.push_back(setting.path());
      SettingDifference difference{setting.path(), {}};
      for (const RunRecord& each : runs) difference.values.push_back(setting_value(each, setting.path()));
      const auto& values = difference.values;
      const bool is_alike = std::ranges::adjacent_find(values, std::not_equal_to()) == values.end();
      if (!is_alike) differences.push_back(std::move(difference));
    }
  }
  return differences;
}

std::vector<std::string> notes_of(const std::vector<RunRecord>& runs) {
  std::vector<std::string> notes;
  std::vector<double> baselines;
  for (const RunRecord& run : runs) {
    if (!run.metrics.last_held_out("masked_lm/loss")) {
      notes.push_back(concat(run.name, " has no held-out masked_lm loss"));
    }
    if (const auto baseline = run.metrics.last_held_out("masked_lm/unigram_baseline")) baselines.push_back(*baseline);
  }
  if (baselines.empty()) return notes;
  const auto [low, high] = std::ranges::minmax_element(baselines);
  constexpr double kRounding = 1e-6;
  if (*high - *low > kRounding) {
    notes.push_back(concat("the unigram baselines differ (", fixed_text(*low, 4), " to ", fixed_text(*high, 4),
                           "), so text, masks or vocabulary do: compare what is below the baseline, not the losses"));
  }
  return notes;
}

// Columns of a text table are as wide as their letters; a byte that continues a UTF-8 letter has no width.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string aligned_table(const std::vector<std::vector<std::string>>& rows, std::size_t num_text_columns) {
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string blanks(widths[i] - width_of(row[i]), ' ');
      line += (i > 0 ? "  " : "") + (i < num_text_columns ? row[i] + blanks : blanks + row[i]);
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

// What stands in a file must not move a terminal's cursor.
std::string for_terminal(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return text;
}

Json or_null(std::optional<double> value) { return value ? Json(*value) : Json(); }

Json row_json(const ComparisonRow& row, const RunRecord& run) {
  return {{"run", row.name},
          {"folder", run.folder.string()},
          {"updates", row.updates},
          {"tokens", row.tokens},
          {"minutes", row.minutes},
          {"tokens_per_second", or_null(row.tokens_per_second)},
          {"final_loss", or_null(row.final_loss)},
          {"best_loss", or_null(row.best_loss)},
          {"below_baseline", or_null(row.below_baseline)},
          {"nsp_balanced_accuracy", or_null(row.nsp_balanced_accuracy)},
          {"minutes_to_target", or_null(row.minutes_to_target)},
          {"tokens_to_target", row.tokens_to_target ? Json(*row.tokens_to_target) : Json()}};
}

}  // namespace

Comparison compare_runs(std::vector<RunRecord> runs) {
  BERTFORGE_CHECK(!runs.empty(), "nothing to compare");
  Comparison comparison;
  comparison.runs = std::move(runs);
  name_apart(comparison.runs);
  comparison.target_loss = comparison.runs.front().metrics.last_held_out("masked_lm/loss");
  for (const RunRecord& run : comparison.runs) comparison.rows.push_back(row_of(run, comparison.target_loss));
  comparison.differences = differences_of(comparison.runs);
  comparison.notes = notes_of(comparison.runs);
  return comparison;
}

std::vector<std::vector<std::string>> comparison_cells(const Comparison& comparison) {
  const std::string target = or_dash(comparison.target_loss, 4);
  std::vector<std::vector<std::string>> cells = {{"run", "updates", "tokens", "minutes", "tokens/s", "final loss",
                                                  "best loss", "below baseline", "NSP balanced", "minutes to " + target,
                                                  "tokens to " + target}};
  for (const ComparisonRow& row : comparison.rows) {
    const auto speed = row.tokens_per_second ? std::optional(whole_number(*row.tokens_per_second)) : std::nullopt;
    cells.push_back({row.name, grouped_text(row.updates), grouped_text(row.tokens), fixed_text(row.minutes, 1),
                     or_dash(speed), or_dash(row.final_loss, 4), or_dash(row.best_loss, 4),
                     or_dash(row.below_baseline, 4), or_dash(row.nsp_balanced_accuracy, 3),
                     or_dash(row.minutes_to_target, 1), or_dash(row.tokens_to_target)});
  }
  return cells;
}

std::vector<std::vector<std::string>> difference_cells(const Comparison& comparison) {
  std::vector<std::vector<std::string>> cells = {{"setting"}};
  for (const RunRecord& run : comparison.runs) cells.front().push_back(run.name);
  for (const SettingDifference& difference : comparison.differences) {
    cells.push_back({difference.setting});
    for (const std::string& value : difference.values) cells.back().push_back(value.empty() ? "-" : value);
  }
  return cells;
}

std::string comparison_text(const Comparison& comparison) {
  const auto table = [](std::vector<std::vector<std::string>> cells, std::size_t num_text_columns) {
    for (auto& row : cells) std::ranges::transform(row, row.begin(), for_terminal);
    return aligned_table(cells, num_text_columns);
  };
  std::string text = table(comparison_cells(comparison), 1);
  if (!comparison.differences.empty()) {
    text += "\n" + table(difference_cells(comparison), comparison.runs.size() + 1);
  }
  if (!comparison.notes.empty()) text += "\n";
  for (const std::string& note : comparison.notes) text += for_terminal("Note: " + note) + "\n";
  return text;
}

std::string comparison_json(const Comparison& comparison) {
  Json runs = Json::array(), differences = Json::array();
  for (std::size_t i = 0; i < comparison.rows.size(); ++i) {
    runs.push_back(row_json(comparison.rows[i], comparison.runs[i]));
  }
  for (const SettingDifference& difference : comparison.differences) {
    differences.push_back({{"setting", difference.setting}, {"values", difference.values}});
  }
  return dump_ordered_json_line({{"target_loss", or_null(comparison.target_loss)},
                                 {"runs", runs},
                                 {"differences", differences},
                                 {"notes", comparison.notes}});
}

}  // namespace bertforge
