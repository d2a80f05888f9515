#include "../../src/model/fused_buffers.h"

#include <gtest/gtest.h>

#include "bertforge/base/random.h"

namespace bertforge {
namespace {

// LibTorch's matrix products may round differently for each number of threads; our own sums do not.
TEST(SumOverRows, GivesTheSameBitsForOneAndManyThreadsAndAddsToWhatIsThere) {
  constexpr std::int64_t kRows = 1000, kSize = 37;
  CounterRandom random(1);
  std::vector<float> values(kRows * kSize);
  for (float& value : values) value = static_cast<float>(random.normal());
  const int threads = at::get_num_threads();
  std::vector<std::vector<float>> results;
  for (const int count : {1, 2, 4}) {
    at::set_num_threads(count);
    const KernelTable& table = *find_kernel_level("auto").table;
    std::vector<float> sums(2 * kSize, 1.0f);
    Buffer partial;
    sum_over_rows(table, partial, kRows, kSize, {sums.data(), sums.data() + kSize},
                  [&](std::int64_t begin, std::int64_t end, const std::vector<float*>& block) {
                    table.of_float.add_column_sums(values.data() + begin * kSize, end - begin, kSize, block[0]);
                  });
    results.push_back(sums);
  }
  at::set_num_threads(threads);
  EXPECT_EQ(results[1], results[0]);
  EXPECT_EQ(results[2], results[0]);
  double expected = 1;
  for (std::int64_t row = 0; row < kRows; ++row)
    expected += static_cast<double>(values[static_cast<std::size_t>(row * kSize + 5)]);
  EXPECT_NEAR(results[0][5], expected, 1e-4);
  EXPECT_EQ(results[0][kSize + 5], 1.0f);
}

TEST(Buffers, KeepTheirMemoryForWhatFits) {
  Buffer buffer;
  const void* const first = buffer.get({10, 7}, at::kFloat).const_data_ptr();
  EXPECT_EQ(buffer.get({3, 5}, at::kFloat).const_data_ptr(), first);
  EXPECT_EQ(buffer.get({7, 11}, at::kFloat).sizes(), (std::vector<std::int64_t>{7, 11}));
}

}  // namespace
}  // namespace bertforge
