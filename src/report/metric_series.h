#pragma once
// From the lines of a run to the points of a chart. Used by the report of a run and by comparisons.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "bertforge/report/chart.h"
#include "bertforge/report/run_metrics.h"

namespace bertforge {

// `x` gives the place of a MetricPoint; one without the value is a gap.
template <class X>
std::vector<ChartPoint> series_points(const std::vector<MetricPoint>& points, X x, const std::string& value) {
  std::vector<ChartPoint> found;
  for (const MetricPoint& point : points) {
    found.push_back({x(point), point.find(value).value_or(std::numeric_limits<double>::quiet_NaN())});
  }
  return found;
}

inline bool has_values(const ChartSeries& series) {
  return std::ranges::any_of(series.points, [](const ChartPoint& point) { return std::isfinite(point.y); });
}

// The nearest whole number; 0 for what none can hold.
inline std::int64_t whole_number(double value) { return std::abs(value) < 1e18 ? std::llround(value) : 0; }

}  // namespace bertforge
