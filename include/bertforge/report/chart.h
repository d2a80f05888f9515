#pragma once
// A line chart as an HTML figure: an inline SVG that scales from a phone's width up, with its legend as text below.
//
// Fed by run_report.h and comparison.h; colours and line styles are classes of html.h's page. Nothing moves and no script is
// needed: what a point is stands in its <title>, which browsers show beside the pointer.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace bertforge {

struct ChartPoint {
  double x = 0;
  double y = 0;  // Not finite, or beyond 1e100: a gap.

  bool operator==(const ChartPoint&) const = default;
};

struct ChartSeries {
  std::string name;
  std::vector<ChartPoint> points;  // By x
  std::size_t style = 0;           // Which colour, and beyond kNumSeriesColors which dashes.
  bool has_markers = false;        // A mark at each point that says its values.
};

// A level that the curves are compared with.
struct ChartBaseline {
  double value = 0;
  std::string label;
};

struct Chart {
  std::string title, x_title, y_title;
  std::vector<ChartSeries> series;
  std::optional<ChartBaseline> baseline;

  bool is_empty() const;  // No series has a point that can be drawn.
};

inline constexpr std::size_t kMostChartPoints = 2000;  // Of a series.

// At most `num_points` (4 or more) of the points, in their order: the first, the last, and of each stretch between them the
// lowest and the highest, so that no spike is lost.
std::vector<ChartPoint> thinned(const std::vector<ChartPoint>& points, std::size_t num_points);

// The chart as <figure>, of CSS class `css_class`. One without points says so.
std::string chart_figure(const Chart& chart, const std::string& css_class = "");

}  // namespace bertforge
