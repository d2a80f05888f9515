// The page of a comparison.

#include <algorithm>

#include "bertforge/base/error.h"
#include "bertforge/base/figure_text.h"
#include "bertforge/report/chart.h"
#include "bertforge/report/comparison.h"
#include "bertforge/report/html.h"
#include "comparison_cells.h"
#include "metric_series.h"

namespace bertforge {
namespace {

constexpr const char* kHowToCompare =
    "Over updates: how much an update teaches. Over tokens: how well the text is used. Over time: what one waits for, "
    "which "
    "is the one to decide by, on like machines. The last columns of the table say when a run was first seen at least "
    "as good "
    "as the first run is at its end; - where it never was. Evaluations come in intervals, so those figures are as "
    "coarse.";

// What the curves may lie over. Time is in hours where a run took long.
struct PageAxis {
  const char* id;  // As in the page's style.
  const char* label;
  const char* title;
  double (*place)(const MetricPoint& point);
};

double step_of(const MetricPoint& point) { return static_cast<double>(point.step); }
double tokens_of(const MetricPoint& point) { return static_cast<double>(point.tokens); }
double minutes_of(const MetricPoint& point) { return point.seconds / 60; }
double hours_of(const MetricPoint& point) { return point.seconds / 3600; }

std::vector<PageAxis> page_axes(const Comparison& comparison) {
  constexpr double kLongMinutes = 300;
  const bool is_long = std::ranges::any_of(comparison.rows, [](const auto& row) { return row.minutes > kLongMinutes; });
  return {{"by-steps", "over updates", "updates", step_of},
          {"by-tokens", "over tokens", "tokens", tokens_of},
          is_long ? PageAxis{"by-time", "over time", "hours", hours_of}
                  : PageAxis{"by-time", "over time", "minutes", minutes_of}};
}

struct Measure {
  const char* title;
  const char* unit;
  const char* value;
  std::vector<MetricPoint> RunMetrics::*points;
};

constexpr Measure kMeasures[] = {
    {"Held-out masked_lm loss", "nats", "masked_lm/loss", &RunMetrics::evaluations},
    {"Training masked_lm loss", "nats", "masked_lm/loss", &RunMetrics::train},
    {"Held-out masked_lm accuracy", "share", "masked_lm/accuracy", &RunMetrics::evaluations},
    {"Held-out next_sentence balanced accuracy", "share", "next_sentence/balanced_accuracy", &RunMetrics::evaluations},
    {"Throughput", "tokens/s", "tokens_per_second", &RunMetrics::train},
    {"Learning rate", "rate", "learning_rate", &RunMetrics::train},
};

// Where all runs have the same one.
std::optional<ChartBaseline> common_baseline(const Comparison& comparison) {
  std::optional<double> common;
  for (const RunRecord& run : comparison.runs) {
    const auto baseline = run.metrics.last_held_out("masked_lm/unigram_baseline");
    constexpr double kRoundingOfBaseline = 1e-6;
    if (!baseline || (common && std::abs(*common - *baseline) > kRoundingOfBaseline)) return std::nullopt;
    common = baseline;
  }
  return ChartBaseline{*common, concat("unigram baseline ", fixed_text(*common, 3))};
}

std::optional<ChartBaseline> baseline_for(const Measure& measure, const Comparison& comparison) {
  const std::string value = measure.value;
  if (value == "next_sentence/balanced_accuracy") return ChartBaseline{0.5, "a guess"};
  return value == "masked_lm/loss" ? common_baseline(comparison) : std::nullopt;
}

std::string measure_figure(const Comparison& comparison, const Measure& measure, const PageAxis& axis) {
  Chart chart = {measure.title, axis.title, measure.unit, {}, {}};
  for (std::size_t i = 0; i < comparison.runs.size(); ++i) {
    const RunRecord& run = comparison.runs[i];
    const bool has_marks = measure.points == &RunMetrics::evaluations;
    ChartSeries series = {run.name, series_points(run.metrics.*measure.points, axis.place, measure.value), i,
                          has_marks};
    if (has_values(series)) chart.series.push_back(std::move(series));
  }
  chart.baseline = baseline_for(measure, comparison);
  return chart.is_empty() ? "" : chart_figure(chart, axis.id);
}

// One of the three is shown: the page's style goes by which button is checked.
std::string switched_charts(const Comparison& comparison) {
  const std::vector<PageAxis> axes = page_axes(comparison);
  std::string html = "<section>\n";
  for (const PageAxis& axis : axes) {
    html += concat("<input type=\"radio\" name=\"axis\" id=\"", axis.id, "\"", &axis == &axes.front() ? " checked" : "",
                   "><label for=\"", axis.id, "\">", axis.label, "</label>\n");
  }
  html += "<div class=\"charts\">\n";
  for (const Measure& measure : kMeasures) {
    for (const PageAxis& axis : axes) html += measure_figure(comparison, measure, axis);
  }
  return html + "</div>\n</section>\n";
}

std::string cells_table(std::vector<std::vector<std::string>> cells, std::size_t num_text_columns) {
  HtmlTable table;
  table.head = std::move(cells.front());
  cells.erase(cells.begin());
  table.rows = std::move(cells);
  table.num_text_columns = num_text_columns;
  return html_table(table);
}

}  // namespace

std::string comparison_html(const Comparison& comparison) {
  std::string title = "Comparison of " + comparison.runs.front().name;
  for (std::size_t i = 1; i < comparison.runs.size(); ++i) title += ", " + comparison.runs[i].name;
  std::string html = concat("<h1>", escape_html(title), "</h1>\n", cells_table(comparison_cells(comparison), 1));
  for (const std::string& note : comparison.notes) html += concat("<p>Note: ", escape_html(note), "</p>\n");
  html += switched_charts(comparison) + concat("<p class=\"note\">", kHowToCompare, "</p>\n");
  html += "<h2>Settings that differ</h2>\n";
  html += comparison.differences.empty() ? std::string("<p class=\"note\">None.</p>\n")
                                         : cells_table(difference_cells(comparison), comparison.runs.size() + 1);
  return html_page(title, html);
}

}  // namespace bertforge
