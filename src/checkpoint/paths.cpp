#include "bertforge/checkpoint/paths.h"

#include <cstdio>

#include "bertforge/base/numbers.h"

namespace bertforge {
namespace {

std::string folder_name(std::int64_t step) {
  char name[32];
  std::snprintf(name, sizeof name, "step-%08lld", static_cast<long long>(step));
  return name;
}

}  // namespace

std::filesystem::path RunPaths::checkpoint(std::int64_t step) const { return checkpoints() / folder_name(step); }

std::optional<std::int64_t> checkpoint_step(const std::string& name) {
  constexpr std::string_view kPrefix = "step-";
  if (!name.starts_with(kPrefix)) return std::nullopt;
  const auto step = parse_int64(std::string_view(name).substr(kPrefix.size()));
  if (!step || *step < 0 || folder_name(*step) != name) return std::nullopt;
  return step;
}

}  // namespace bertforge
