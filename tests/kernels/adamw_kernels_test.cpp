#include "bertforge/base/error.h"
#include "kernel_cases.h"
#include "support/error_matchers.h"

namespace bertforge::testing {
namespace {

class AdamWKernels : public KernelTest {};

TEST_P(AdamWKernels, OneUpdateAgreesWithFloat64AndRoundsTheCopy) {
  for (const std::int64_t size : {1, 31, 64, 1003}) {
    SCOPED_TRACE(size);
    auto weights = normals<float>(size, 1), gradients = normals<float>(size, 2), mean = normals<float>(size, 3, 0.1);
    auto square = filled<float>(size, 0.02f);
    Guarded<Bfloat16> copy(size);
    AdamWStep step = {.learning_rate = 0.01f,
                      .beta1 = 0.9f,
                      .beta2 = 0.99f,
                      .epsilon = 1e-6f,
                      .weight_decay = 0.1f,
                      .gradient_scale = 0.5f,
                      .correction1 = 0.271f,
                      .correction2 = 0.0297f,
                      .weights = weights.data(),
                      .gradients = gradients.data(),
                      .exp_avg = mean.data(),
                      .exp_avg_sq = square.data(),
                      .copy = copy.data()};
    Doubles expected, expected_mean, expected_square;
    for (std::int64_t i = 0; i < size; ++i) {
      const double gradient = static_cast<double>(gradients[i]) * 0.5;
      expected_mean.push_back(0.9 * static_cast<double>(mean[i]) + 0.1 * gradient);
      expected_square.push_back(0.99 * 0.02 + 0.01 * gradient * gradient);
      expected.push_back(static_cast<double>(weights[i]) * (1 - 0.001) -
                         0.01 / 0.271 * expected_mean.back() / (std::sqrt(expected_square.back() / 0.0297) + 1e-6));
    }
    table().adamw(step, 0, size);
    expect_close(doubles(weights), expected, 2e-6, "weights");
    expect_close(doubles(mean), expected_mean, 2e-6, "exp_avg");
    expect_close(doubles(square), expected_square, 2e-6, "exp_avg_sq");
    for (std::int64_t i = 0; i < size; ++i) EXPECT_EQ(copy[i].bits, to_bfloat16(weights[i]).bits);
  }
}

TEST_P(AdamWKernels, RangesTogetherGiveWhatTheWholeGives) {
  auto weights = normals<float>(100, 1), mean = filled<float>(100, 0), square = filled<float>(100, 0);
  auto other = normals<float>(100, 1), other_mean = filled<float>(100, 0), other_square = filled<float>(100, 0);
  const auto gradients = normals<float>(100, 2);
  AdamWStep step = {.learning_rate = 0.01f,
                    .beta1 = 0.9f,
                    .beta2 = 0.99f,
                    .epsilon = 1e-6f,
                    .weights = weights.data(),
                    .gradients = gradients.data(),
                    .exp_avg = mean.data(),
                    .exp_avg_sq = square.data()};
  table().adamw(step, 0, 100);
  step.weights = other.data();
  step.exp_avg = other_mean.data();
  step.exp_avg_sq = other_square.data();
  table().adamw(step, 0, 48);
  table().adamw(step, 48, 100);
  EXPECT_EQ(doubles(weights), doubles(other));
  EXPECT_EQ(doubles(mean), doubles(other_mean));
  EXPECT_EQ(doubles(square), doubles(other_square));
}

TEST_P(AdamWKernels, SumsOfSquaresOfManyElementsStayExact) {
  const auto values = filled<float>(3'000'017, 0.1f);
  const double expected = 3'000'017.0 * static_cast<double>(0.1f) * static_cast<double>(0.1f);
  EXPECT_NEAR(table().sum_of_squares(values.data(), 0, values.size()), expected, 2e-6 * expected);
}

TEST_P(AdamWKernels, ColumnSumsAreAddedToWhatIsThere) {
  for (const std::int64_t size : {1, 19, 64}) {
    const auto x = normals<float>(9 * size, 4);
    auto sums = filled<float>(size, 3);
    kernels<float>().add_column_sums(x.data(), 9, size, sums.data());
    Doubles expected(static_cast<std::size_t>(size), 3);
    for (std::int64_t i = 0; i < x.size(); ++i) {
      expected[static_cast<std::size_t>(i % size)] += static_cast<double>(x[i]);
    }
    expect_close(doubles(sums), expected, 2e-6, "sums");
  }
}

INSTANTIATE_TEST_SUITE_P(Levels, AdamWKernels, ::testing::ValuesIn(supported_kernel_levels()), level_name);

TEST(KernelLevels, AutoIsTheBestThatThisCpuRuns) {
  EXPECT_EQ(&find_kernel_level("auto"), supported_kernel_levels().back());
  EXPECT_EQ(find_kernel_level("portable").name, "portable");
}

TEST(KernelLevels, AnUnknownNameIsRefusedWithTheNearest) {
  EXPECT_ERROR(find_kernel_level("avx3"), ErrorKind::kUsage, "avx2");
}

TEST(KernelLevels, ALevelThatTheCpuLacksIsRefusedWithWhatItNeeds) {
  for (const KernelLevel& level : kernel_levels()) {
    if (std::ranges::count(supported_kernel_levels(), &level) == 0) {
      EXPECT_ERROR(find_kernel_level(level.name), ErrorKind::kUsage, "needs a CPU with");
    }
  }
}

}  // namespace
}  // namespace bertforge::testing
