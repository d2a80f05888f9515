#pragma once
// Learning-rate schedules: the share of the peak rate at a point of the run. A visible table; a new one is a function
// and a line.
//
// Source: transformers' get_*_schedule_with_warmup and get_inverse_sqrt_schedule; trapezoid: Zhai et al. 2022 and
// Haegele et al. 2024 (warm-up, stable, decay).

#include <string>
#include <vector>

namespace bertforge {

// Positions are in the unit of the run's budget: updates, epochs, tokens, examples or seconds.
struct ScheduleShape {
  double warmup = 0;       // The part of the budget in which the rate rises to its peak
  double total = 0;        // The budget
  double decay = 0;        // trapezoid: the part at the end in which the rate falls, behind warm-up
  double power = 1;        // polynomial: of the share that is left
  double final_share = 0;  // What the rate falls to at the end, of its peak
};

// `position` is where the run stands before an update.
using Schedule = double (*)(double position, const ScheduleShape& shape);

struct ScheduleEntry {
  const char* name;
  const char* help;
  Schedule share;  // In [0, 1]
};

const std::vector<ScheduleEntry>& schedule_table();

Schedule find_schedule(const std::string& name);  // Error(kUsage) with the nearest name.
std::vector<std::string> schedule_names();

}  // namespace bertforge
