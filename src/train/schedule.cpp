#include "bertforge/train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "bertforge/base/error.h"
#include "bertforge/base/field_list.h"

namespace bertforge {
namespace {

// How far the run is from the end of its warm-up (0) to its own end (1).
double share_fallen(double position, const ScheduleShape& shape) {
  return std::clamp((position - shape.warmup) / std::max(1e-12, shape.total - shape.warmup), 0.0, 1.0);
}

// `height`: 1 at the peak, 0 at the end.
double down_to_final(double height, const ScheduleShape& shape) {
  return shape.final_share + (1 - shape.final_share) * height;
}

// Every schedule rises through warm-up in a line.
template <Schedule kAfterWarmup>
double warmed_up(double position, const ScheduleShape& shape) {
  return position < shape.warmup ? position / shape.warmup : kAfterWarmup(position, shape);
}

double linear(double position, const ScheduleShape& shape) {
  return down_to_final(1 - share_fallen(position, shape), shape);
}

double cosine(double position, const ScheduleShape& shape) {
  return down_to_final((1 + std::cos(std::numbers::pi * share_fallen(position, shape))) / 2, shape);
}

double polynomial(double position, const ScheduleShape& shape) {
  return down_to_final(std::pow(1 - share_fallen(position, shape), shape.power), shape);
}

double constant(double, const ScheduleShape&) { return 1; }

double trapezoid(double position, const ScheduleShape& shape) {
  const ScheduleShape fall = {.warmup = std::max(shape.warmup, shape.total - shape.decay),
                              .total = shape.total,
                              .final_share = shape.final_share};
  return position < fall.warmup ? 1 : linear(position, fall);
}

// TrainConfig::validate() asks for a warm-up; a dry run has none.
double inverse_square_root(double position, const ScheduleShape& shape) {
  return shape.warmup > 0 ? std::sqrt(shape.warmup / position) : 1;
}

}  // namespace

const std::vector<ScheduleEntry>& schedule_table() {
  static const std::vector<ScheduleEntry> table = {
      {"linear", "falls in a line", warmed_up<linear>},
      {"cosine", "falls along half a cosine", warmed_up<cosine>},
      {"polynomial", "falls as a power of the share that is left", warmed_up<polynomial>},
      {"constant", "stays", warmed_up<constant>},
      {"trapezoid", "stays, and falls in a line at the end", warmed_up<trapezoid>},
      {"inverse_sqrt", "falls as one over the root of the position", warmed_up<inverse_square_root>},
  };
  return table;
}

Schedule find_schedule(const std::string& name) {
  for (const ScheduleEntry& entry : schedule_table()) {
    if (name == entry.name) return entry.share;
  }
  fail(ErrorKind::kUsage, "train.schedule is \"", name, "\"; ", allowed_names(name, schedule_names()));
}

std::vector<std::string> schedule_names() {
  std::vector<std::string> names;
  for (const ScheduleEntry& entry : schedule_table()) names.emplace_back(entry.name);
  return names;
}

}  // namespace bertforge
