#pragma once
// Learning-rate schedules: the share of the peak rate at a point of the run. A visible table; a new one is a function and a line.
//
// Source: transformers get_linear_schedule_with_warmup.

#include <string>
#include <vector>

namespace bertforge {

// `position` is where the run stands before an update, `total` its budget, `warmup` the part of it that warms up, all in the
// unit of the budget: updates, epochs, tokens, examples or seconds.
using Schedule = double (*)(double position, double warmup, double total);

struct ScheduleEntry {
  const char* name;
  const char* help;
  Schedule share;  // In [0, 1]
};

const std::vector<ScheduleEntry>& schedule_table();

Schedule find_schedule(const std::string& name);  // Error(kUsage) with the nearest name.
std::vector<std::string> schedule_names();

}  // namespace bertforge
