#pragma once
// The next multiple. Inlined always: files of levels must not share a function (src/kernels/simd.h says why).

#include <type_traits>

namespace bertforge {

// The least multiple of `unit` that is not below `size`. REQUIRES: size >= 0, unit > 0.
template <class Integer>
[[gnu::always_inline]] constexpr Integer round_up(Integer size, std::type_identity_t<Integer> unit) {
  return (size + unit - 1) / unit * unit;
}

}  // namespace bertforge
