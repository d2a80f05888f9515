#include "bertforge/base/byte_size.h"

#include <array>

#include "bertforge/base/error.h"
#include "bertforge/base/numbers.h"

namespace bertforge {

namespace {

struct Unit {
  std::string_view name;
  double num_bytes;
};

// Longer names first: "MB" ends with "B".
constexpr std::array kUnits = {
    Unit{"KiB", 1024.0}, Unit{"MiB", 1048576.0}, Unit{"GiB", 1073741824.0}, Unit{"TiB", 1099511627776.0},
    Unit{"kB", 1e3},     Unit{"MB", 1e6},        Unit{"GB", 1e9},           Unit{"TB", 1e12},
    Unit{"B", 1},
};
constexpr double kMaxBytes = 9e18;

}  // namespace

std::int64_t parse_byte_size(std::string_view text) {
  for (const Unit& unit : kUnits) {
    if (!text.ends_with(unit.name)) continue;
    std::string_view number = text.substr(0, text.size() - unit.name.size());
    while (number.ends_with(' ')) number.remove_suffix(1);
    const double num_bytes = parse_double(number).value_or(0) * unit.num_bytes;
    if (!(num_bytes >= 1 && num_bytes <= kMaxBytes)) break;  // Not a number is refused too.
    return static_cast<std::int64_t>(num_bytes);
  }
  fail(ErrorKind::kUsage, "\"", text,
       "\" is not an amount of memory; write a number above 0 and a unit: B, kB, MB, GB, ", "TB, KiB, MiB, GiB or TiB");
}

}  // namespace bertforge
