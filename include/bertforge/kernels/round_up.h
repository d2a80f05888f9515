#pragma once
// The next multiple. Inlined always: files of levels must not share a function (src/kernels/simd.h says why).

#include <cstdint>

namespace bertforge {

[[gnu::always_inline]] constexpr std::int64_t round_up(std::int64_t size, std::int64_t multiple) {
  return (size + multiple - 1) / multiple * multiple;
}

}  // namespace bertforge
