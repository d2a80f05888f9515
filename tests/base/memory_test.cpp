#include "bertforge/base/memory.h"

#include <gtest/gtest.h>
#include <unistd.h>

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

TEST(Memory, WhatIsAvailableIsAPartOfTheMachines) {
  const auto available = available_memory();
  ASSERT_TRUE(available.has_value());
  EXPECT_GT(*available, std::int64_t{1} << 20);
  // Pages of the program's files count as its own and as available.
  EXPECT_LT(*available, 2 * std::int64_t{::sysconf(_SC_PHYS_PAGES)} * ::sysconf(_SC_PAGESIZE));
}

TEST(Memory, ThePeakRisesWithWhatIsWritten) {
  const std::int64_t before = peak_memory();
  EXPECT_GT(before, std::int64_t{1} << 20);
  const auto size = static_cast<std::size_t>(before) + (std::size_t{64} << 20);  // More than all there was.
  const auto array = make_large_array<unsigned char>(size);
  for (std::size_t i = 0; i < size; i += 1024) array[i] = 1;
  EXPECT_GE(peak_memory(), static_cast<std::int64_t>(size));
}

}  // namespace
}  // namespace bertforge
