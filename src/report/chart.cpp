#include "bertforge/report/chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "bertforge/base/error.h"
#include "bertforge/base/figure_text.h"
#include "bertforge/report/axis.h"
#include "bertforge/report/html.h"

namespace bertforge {
namespace {

// In units of the viewBox. On a phone 400 pixels wide a unit is about 0.75 pixels: letters of 14 units stay readable.
constexpr double kWidth = 480, kHeight = 300;
constexpr double kLeft = 56, kRight = 18, kTop = 32, kBottom = 44;

// So that differences and sums stay finite.
bool can_be_drawn(double value) { return std::abs(value) < 1e100; }
bool is_drawable(const ChartPoint& point) { return can_be_drawn(point.x) && can_be_drawn(point.y); }

struct Frame {
  Axis x, y;

  double x_of(double value) const { return kLeft + x.share(value) * (kWidth - kLeft - kRight); }
  double y_of(double value) const { return kTop + (1 - y.share(value)) * (kHeight - kTop - kBottom); }
};

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low;

  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

bool has_baseline(const Chart& chart) { return chart.baseline && can_be_drawn(chart.baseline->value); }

Frame make_frame(const Chart& chart) {
  Range x, y;
  x.add(0);  // All count from the run's beginning.
  for (const ChartSeries& series : chart.series) {
    for (const ChartPoint& point : series.points) {
      if (!is_drawable(point)) continue;
      x.add(point.x);
      y.add(point.y);
    }
  }
  if (has_baseline(chart)) y.add(chart.baseline->value);
  if (x.low == x.high) x.high = 1;
  return {make_axis(x.low, x.high, AxisEnds::kAsGiven, 5), make_axis(y.low, y.high, AxisEnds::kAtTicks, 5)};
}

std::string number(double coordinate) { return fixed_text(coordinate, 1); }

std::string text_at(double x, double y, const char* anchor, const std::string& text) {
  return concat("<text x=\"", number(x), "\" y=\"", number(y), "\" text-anchor=\"", anchor, "\">", escape_html(text),
                "</text>\n");
}

std::string line_between(const char* css_class, double x1, double y1, double x2, double y2) {
  return concat("<line class=\"", css_class, "\" x1=\"", number(x1), "\" y1=\"", number(y1), "\" x2=\"", number(x2),
                "\" y2=\"", number(y2), "\"/>\n");
}

std::string axes_of(const Chart& chart, const Frame& frame) {
  constexpr double kBottomLine = kHeight - kBottom, kRightEnd = kWidth - kRight;
  std::string svg;
  for (const Tick& tick : frame.y.ticks) {
    const double y = frame.y_of(tick.value);
    svg += line_between("grid", kLeft, y, kRightEnd, y) + text_at(kLeft - 6, y + 5, "end", tick.label);
  }
  for (const Tick& tick : frame.x.ticks) {
    const double x = frame.x_of(tick.value);
    svg += line_between("grid", x, kBottomLine, x, kBottomLine + 5);
    svg += text_at(x, kBottomLine + 20, "middle", tick.label);
  }
  return svg + text_at(4, 14, "start", chart.y_title) + text_at(kRightEnd, kHeight - 6, "end", chart.x_title);
}

std::string baseline_of(const ChartBaseline& baseline, const Frame& frame) {
  const double y = frame.y_of(baseline.value);
  const bool has_room_above = y > kTop + 22;
  return line_between("level", kLeft, y, kWidth - kRight, y) +
         text_at(kWidth - kRight - 4, has_room_above ? y - 6 : y + 18, "end", baseline.label);
}

std::string style_class(std::size_t style) {
  const std::size_t dashes = std::min<std::size_t>(style / kNumSeriesColors, 2);
  return concat("s", style % kNumSeriesColors, dashes > 0 ? concat(" d", dashes) : "");
}

std::string path_of(const std::vector<ChartPoint>& points, const Frame& frame) {
  std::string path;
  bool is_down = false;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const ChartPoint& point = points[i];
    if (!is_drawable(point)) {
      is_down = false;
      continue;
    }
    path += (is_down ? "L" : "M") + number(frame.x_of(point.x)) + " " + number(frame.y_of(point.y));
    const bool is_alone = !is_down && (i + 1 == points.size() || !is_drawable(points[i + 1]));
    if (is_alone) path += "h0";  // A line without length: its round ends are a dot.
    is_down = true;
  }
  return path;
}

std::string marks_of(const ChartSeries& series, const std::vector<ChartPoint>& points, const Chart& chart,
                     const Frame& frame) {
  constexpr std::size_t kFew = 60;
  const char* radius = points.size() > kFew ? "2" : "3.5";
  std::string svg;
  for (const ChartPoint& point : points) {
    if (!is_drawable(point)) continue;
    svg += concat(
        "<circle class=\"mark ", style_class(series.style), "\" cx=\"", number(frame.x_of(point.x)), "\" cy=\"",
        number(frame.y_of(point.y)), "\" r=\"", radius, "\"><title>",
        escape_html(concat(series.name, ", ", rounded_text(point.x), " ", chart.x_title, ": ", rounded_text(point.y))),
        "</title></circle>\n");
  }
  return svg;
}

std::string curve_of(const ChartSeries& series, const Chart& chart, const Frame& frame) {
  const std::vector<ChartPoint> points = thinned(series.points, kMostChartPoints);
  const std::string path = path_of(points, frame);
  if (path.empty()) return "";
  return concat("<path class=\"curve ", style_class(series.style), "\" d=\"", path, "\"/>\n",
                series.has_markers ? marks_of(series, points, chart, frame) : "");
}

// What the chart shows, for those who hear it.
std::string description_of(const Chart& chart) {
  std::string text = concat(chart.y_title, " over ", chart.x_title, ".");
  for (const ChartSeries& series : chart.series) {
    std::vector<ChartPoint> drawn;
    std::ranges::copy_if(series.points, std::back_inserter(drawn), is_drawable);
    text += concat(" ", series.name, ": ", drawn.size(), drawn.size() == 1 ? " point" : " points");
    if (!drawn.empty()) text += concat(", from ", rounded_text(drawn.front().y), " to ", rounded_text(drawn.back().y));
    text += ".";
  }
  if (has_baseline(chart)) text += concat(" ", chart.baseline->label, ": ", rounded_text(chart.baseline->value), ".");
  return text;
}

std::string legend_of(const Chart& chart) {
  std::string html = "<ul class=\"legend\">\n";
  for (const ChartSeries& series : chart.series) {
    html +=
        concat("<li><span class=\"key ", style_class(series.style), "\"></span>", escape_html(series.name), "</li>\n");
  }
  return html + "</ul>\n";
}

std::string svg_of(const Chart& chart) {
  const Frame frame = make_frame(chart);
  std::string svg =
      concat("<svg role=\"img\" viewBox=\"0 0 ", kWidth, " ", kHeight, "\">\n<title>", escape_html(chart.title),
             "</title>\n<desc>", escape_html(description_of(chart)), "</desc>\n", axes_of(chart, frame));
  if (has_baseline(chart)) svg += baseline_of(*chart.baseline, frame);
  for (const ChartSeries& series : chart.series) svg += curve_of(series, chart, frame);
  return svg + "</svg>\n";
}

}  // namespace

bool Chart::is_empty() const {
  return std::ranges::none_of(series,
                              [](const ChartSeries& each) { return std::ranges::any_of(each.points, is_drawable); });
}

std::vector<ChartPoint> thinned(const std::vector<ChartPoint>& points, std::size_t num_points) {
  BERTFORGE_CHECK(num_points >= 4, "the first, the last, and two between them");
  if (points.size() <= num_points) return points;
  const std::size_t num_between = points.size() - 2, num_stretches = (num_points - 2) / 2;
  std::vector<ChartPoint> kept = {points.front()};
  for (std::size_t i = 0; i < num_stretches; ++i) {
    const auto begin = points.begin() + 1 + static_cast<std::ptrdiff_t>(i * num_between / num_stretches);
    const auto end = points.begin() + 1 + static_cast<std::ptrdiff_t>((i + 1) * num_between / num_stretches);
    auto lowest = end, highest = end;
    for (auto point = begin; point != end; ++point) {
      if (!is_drawable(*point)) continue;
      if (lowest == end || point->y < lowest->y) lowest = point;
      if (highest == end || point->y > highest->y) highest = point;
    }
    if (lowest == end) lowest = highest = begin;  // All of it is a gap.
    kept.push_back(*std::min(lowest, highest));
    if (lowest != highest) kept.push_back(*std::max(lowest, highest));
  }
  kept.push_back(points.back());
  return kept;
}

std::string chart_figure(const Chart& chart, const std::string& css_class) {
  return concat("<figure class=\"", escape_html(css_class), "\">\n<figcaption>", escape_html(chart.title),
                "</figcaption>\n",
                chart.is_empty() ? "<p class=\"note\">Nothing was measured.</p>\n" : svg_of(chart) + legend_of(chart),
                "</figure>\n");
}

}  // namespace bertforge
