#include "bertforge/model/parallel_parts.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>

#include "bertforge/base/error.h"

namespace bertforge {

void for_each_part(std::int64_t count, std::int64_t part,
                   const std::function<void(std::int64_t begin, std::int64_t end)>& body) {
  BERTFORGE_CHECK(part > 0, "parts of ", part);
  std::atomic<std::int64_t> next = 0;
  const std::int64_t num_parts = (count + part - 1) / part;
  at::parallel_for(0, std::min<std::int64_t>(at::get_num_threads(), num_parts), 1, [&](std::int64_t, std::int64_t) {
    for (std::int64_t begin = next.fetch_add(part); begin < count; begin = next.fetch_add(part)) {
      body(begin, std::min(begin + part, count));
    }
  });
}

}  // namespace bertforge
