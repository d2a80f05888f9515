#include "bertforge/base/parallel.h"

#include <atomic>
#include <vector>

#include "support/error_matchers.h"

namespace bertforge {
namespace {

TEST(ParallelFor, DoesEveryItemOnce) {
  for (const int num_threads : {0, 1, 2, 7}) {
    for (const std::size_t num_items : {0, 1, 5, 1000}) {
      std::vector<std::atomic<int>> visits(num_items);
      parallel_for(num_items, num_threads, [&](std::size_t i) { ++visits[i]; });
      for (const auto& count : visits) EXPECT_EQ(count, 1);
    }
  }
}

TEST(ParallelFor, ThrowsTheExceptionOfTheSmallestItem) {
  for (int round = 0; round < 50; ++round) {
    EXPECT_ERROR(parallel_for(200, 4,
                              [](std::size_t i) {
                                if (i >= 20) fail(ErrorKind::kInput, "item ", i, ".");
                              }),
                 ErrorKind::kInput, "item 20.");
  }
}

TEST(ParallelFor, StopsAfterAnException) {
  std::atomic<int> num_done = 0;
  EXPECT_ANY_THROW(parallel_for(1000000, 2, [&](std::size_t) {
    ++num_done;
    fail(ErrorKind::kInput, "stop");
  }));
  EXPECT_LE(num_done, 2);
}

TEST(ResolveNumThreads, ZeroMeansWhatThereIs) { EXPECT_GE(resolve_num_threads(0), 1); }

TEST(ResolveNumThreads, ARequestIsTaken) { EXPECT_EQ(resolve_num_threads(7), 7); }

TEST(ResolveNumThreads, RefusesNegativeNumbers) {
  EXPECT_ERROR(resolve_num_threads(-1), ErrorKind::kUsage, "the number of threads is -1");
}

}  // namespace
}  // namespace bertforge
