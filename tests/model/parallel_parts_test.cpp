#include "bertforge/model/parallel_parts.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <vector>

namespace bertforge {
namespace {

TEST(ForEachPart, DealsOutEveryItemOnceInPartsOfTheSizeAskedFor) {
  for (const std::int64_t count : {0, 1, 7, 64, 1000}) {
    for (const std::int64_t part : {1, 3, 64, 5000}) {
      std::vector<std::atomic<int>> visits(static_cast<std::size_t>(count));
      std::atomic<int> wrong_parts = 0;
      for_each_part(count, part, [&](std::int64_t begin, std::int64_t end) {
        wrong_parts += begin % part != 0 || end != std::min(begin + part, count) || begin >= end;
        for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) ++visits[i];
      });
      EXPECT_EQ(wrong_parts, 0) << count << " in parts of " << part;
      EXPECT_EQ(std::ranges::count_if(visits, [](const auto& n) { return n == 1; }), count)
          << count << " in parts of " << part;
    }
  }
}

TEST(ForEachPart, InsideOfAPartDealsOutEveryItemToo) {
  std::atomic<int> visits = 0;
  for_each_part(4, 1, [&](std::int64_t, std::int64_t) {
    for_each_part(10, 3, [&](std::int64_t begin, std::int64_t end) { visits += static_cast<int>(end - begin); });
  });
  EXPECT_EQ(visits, 40);
}

TEST(ForEachPart, GivesThreadsNumbersBelowTheirCount) {
  std::atomic<int> wrong = 0;
  for_each_part(100, 1, [&](std::int64_t, std::int64_t) { wrong += at::get_thread_num() >= at::get_num_threads(); });
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace bertforge
