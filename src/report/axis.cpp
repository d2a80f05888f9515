#include "bertforge/report/axis.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "bertforge/base/figure_text.h"
#include "bertforge/base/numbers.h"

namespace bertforge {
namespace {

// The least of 1, 2, 5, 10 times a power of ten that is not below `least`.
double round_step(double least) {
  const double power = std::pow(10.0, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= least * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

struct Unit {
  double size;
  const char* suffix;
};
constexpr Unit kUnits[] = {{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}, {1, ""}};

// How all numbers of an axis are written: alike in unit and in digits.
std::string tick_label(double value, double step, double largest) {
  constexpr double kUnitsFrom = 1e4, kUnitsBelow = 1e15, kFixedFrom = 1e-3;
  if (value == 0) return "0";
  if (largest < kFixedFrom || largest >= kUnitsBelow) return number_text(*parse_double(rounded_text(value)));
  Unit unit = {1, ""};
  for (const Unit& each : kUnits) {
    if (largest < kUnitsFrom || largest < each.size) continue;
    unit = each;
    break;
  }
  const double digits = -std::floor(std::log10(step / unit.size) + 1e-9);
  return fixed_text(value / unit.size, static_cast<int>(std::max(0.0, digits))) + unit.suffix;
}

}  // namespace

Axis make_axis(double low, double high, AxisEnds ends, int num_ticks) {
  Axis axis;
  if (std::isfinite(high - low) && low <= high) axis = {low, high, {}};
  // Nearer than this, two ends are one value, and what parts them is rounding.
  const double size = std::max(std::abs(axis.low), std::abs(axis.high));
  if (axis.high - axis.low < std::max(size * 1e-9, 1e-100)) {
    const double around = size < 1e-90 ? 1 : size * 0.1;
    axis.low -= around;
    axis.high += around;
  }
  const double step = round_step((axis.high - axis.low) / num_ticks);
  const bool at_ticks = ends == AxisEnds::kAtTicks;
  const double first = at_ticks ? std::floor(axis.low / step + 1e-9) : std::ceil(axis.low / step - 1e-9);
  const double last = at_ticks ? std::ceil(axis.high / step - 1e-9) : std::floor(axis.high / step + 1e-9);
  if (at_ticks) axis = {first * step, last * step, {}};
  const double largest = std::max(std::abs(axis.low), std::abs(axis.high));
  for (double i = first; i <= last; ++i) axis.ticks.push_back({i * step, tick_label(i * step, step, largest)});
  return axis;
}

}  // namespace bertforge
