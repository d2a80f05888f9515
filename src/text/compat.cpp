#include "bertforge/text/compat.h"

#include <algorithm>

#include "bertforge/base/error.h"
#include "bertforge/base/field_list.h"

namespace bertforge {

std::vector<std::string> compat_names() { return {"huggingface", "google", "keras"}; }

Compat find_compat(std::string_view name) {
  const std::vector<std::string> names = compat_names();
  const auto entry = std::ranges::find(names, name);
  if (entry == names.end()) fail(ErrorKind::kUsage, "compat is \"", name, "\"; ", allowed_names(name, names));
  return static_cast<Compat>(entry - names.begin());
}

}  // namespace bertforge
