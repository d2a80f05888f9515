#include "bertforge/base/memory.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace bertforge {
namespace {

TEST(Memory, LargeArraysAreAlignedAndWritableFromEndToEnd) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{4099}, (std::size_t{2} << 20) + 1}) {
    const auto array = make_large_array<unsigned char>(size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(array.get()) % 64, 0u) << size;
    array[0] = 1;
    array[size - 1] = 2;
    EXPECT_EQ(array[size - 1], 2) << size;
  }
}

TEST(Memory, ALargeAllocationIsNotMuchMoreThanAskedFor) {
  EXPECT_EQ(large_allocation_size(65), 128u);
  EXPECT_EQ(large_allocation_size((std::size_t{2} << 20) + 1), std::size_t{4} << 20);
}

}  // namespace
}  // namespace bertforge
