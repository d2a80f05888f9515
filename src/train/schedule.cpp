#include "bertforge/train/schedule.h"

#include <algorithm>

#include "bertforge/base/error.h"
#include "bertforge/base/field_list.h"

namespace bertforge {
namespace {

double warmup_share(double position, double warmup) { return warmup > 0 ? std::min(1.0, position / warmup) : 1.0; }

double linear(double position, double warmup, double total) {
  if (position < warmup) return warmup_share(position, warmup);
  return std::max(0.0, (total - position) / std::max(1e-12, total - warmup));
}

double constant(double position, double warmup, double) { return warmup_share(position, warmup); }

}  // namespace

const std::vector<ScheduleEntry>& schedule_table() {
  static const std::vector<ScheduleEntry> table = {
      {"linear", "Rises through warm-up, then falls in a line to 0 at the end.", linear},
      {"constant", "Rises through warm-up, then stays.", constant},
  };
  return table;
}

Schedule find_schedule(const std::string& name) {
  for (const ScheduleEntry& entry : schedule_table()) {
    if (name == entry.name) return entry.share;
  }
  const std::string nearest = nearest_name(name, schedule_names());
  fail(ErrorKind::kUsage, "train.schedule \"", name, "\" is not a schedule",
       nearest.empty() ? std::string("; linear is the usual one") : concat("; did you mean ", nearest, "?"));
}

std::vector<std::string> schedule_names() {
  std::vector<std::string> names;
  for (const ScheduleEntry& entry : schedule_table()) names.emplace_back(entry.name);
  return names;
}

}  // namespace bertforge
