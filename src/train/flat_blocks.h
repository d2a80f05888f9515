#pragma once
// How the flat tensors are cut for threads.

#include <cstdint>

namespace bertforge {

constexpr std::int64_t kFlatBlock = 1 << 15;  // Elements that one thread takes at a time.

}  // namespace bertforge
