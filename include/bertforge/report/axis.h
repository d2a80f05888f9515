#pragma once
// A linear axis of a chart: its range, and round numbers to write beside it.
//
// Used by chart.h.

#include <string>
#include <vector>

namespace bertforge {

struct Tick {
  double value = 0;
  std::string label;  // "0.5", "20k", "1.5M", "2e-4"
};

struct Axis {
  double low = 0, high = 1;  // low < high
  std::vector<Tick> ticks;   // From low to high

  // Where a value stands: 0 at low, 1 at high.
  double share(double value) const { return (value - low) / (high - low); }
};

enum class AxisEnds { kAtTicks, kAsGiven };

// An axis that covers [low, high], with about `num_ticks` ticks a multiple of 1, 2 or 5 times a power of ten apart. A range of
// one value is widened; one that is no range (low > high, or not finite) becomes [0, 1].
Axis make_axis(double low, double high, AxisEnds ends, int num_ticks);

}  // namespace bertforge
