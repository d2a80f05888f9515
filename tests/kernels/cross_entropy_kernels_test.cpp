#include "kernel_cases.h"

namespace bertforge::testing {
namespace {

class CrossEntropyKernels : public KernelTest {
 protected:
  template <class T>
  void check(std::int64_t size) {
    constexpr std::int64_t kRows = 5;  // Four at a time and one.
    const std::int64_t stride = size + 5;
    auto logits = normals<T>(kRows * stride - 5, 1, 4);
    const auto bias = normals<T>(size, 2);
    const std::vector<std::int64_t> labels = {size - 1, 0, size / 2, size / 3, 0};
    Doubles losses, gradient;
    std::vector<std::int64_t> best;
    for (std::int64_t row = 0; row < kRows; ++row) {
      Doubles x;
      for (std::int64_t i = 0; i < size; ++i) {
        x.push_back(static_cast<double>(to_float(logits[row * stride + i]) + to_float(bias[i])));
      }
      double sum = 0;
      for (const double value : x) sum += std::exp(value);
      const auto label = static_cast<std::size_t>(labels[static_cast<std::size_t>(row)]);
      losses.push_back(std::log(sum) - x[label]);
      best.push_back(std::ranges::max_element(x) - x.begin());
      for (std::size_t i = 0; i < x.size(); ++i) gradient.push_back(std::exp(x[i]) / sum - (i == label ? 1 : 0));
    }
    const auto untouched = doubles(logits);

    Guarded<float> found_losses(kRows);
    Guarded<std::int64_t> predictions(kRows);
    CrossEntropy<T> in = {.num_classes = size,
                          .stride = stride,
                          .logits = logits.data(),
                          .bias = bias.data(),
                          .labels = labels.data(),
                          .losses = found_losses.data(),
                          .predictions = predictions.data()};
    kernels<T>().cross_entropy(in, 0, kRows);
    EXPECT_EQ(doubles(logits), untouched) << "without gradients the logits stay";
    auto bias_gradient = filled<float>(size, 2);
    in.bias_gradient = bias_gradient.data();
    kernels<T>().cross_entropy(in, 0, kRows);

    expect_close(doubles(found_losses), losses, 2e-6, "losses");
    EXPECT_EQ(std::vector<std::int64_t>(predictions.begin(), predictions.end()), best);
    Doubles found, expected_bias(static_cast<std::size_t>(size), 2);
    for (std::int64_t row = 0; row < kRows; ++row) {
      for (std::int64_t i = 0; i < size; ++i) {
        found.push_back(static_cast<double>(to_float(logits[row * stride + i])));
        expected_bias[static_cast<std::size_t>(i)] += gradient[static_cast<std::size_t>(row * size + i)];
      }
    }
    expect_close(found, gradient, tolerance<T>(), "gradient");
    expect_close(doubles(bias_gradient), expected_bias, tolerance<T>(), "bias'");
  }

  // Loss and prediction of one row without bias.
  std::pair<float, std::int64_t> evaluate_row(Guarded<float>& logits, std::int64_t label) const {
    const auto bias = filled<float>(logits.size(), 0);
    float loss = -1;
    std::int64_t prediction = -1;
    kernels<float>().cross_entropy({.num_classes = logits.size(),
                                    .stride = logits.size(),
                                    .logits = logits.data(),
                                    .bias = bias.data(),
                                    .labels = &label,
                                    .losses = &loss,
                                    .predictions = &prediction},
                                   0, 1);
    return {loss, prediction};
  }
};

TEST_P(CrossEntropyKernels, AgreesWithFloat64AtOddSizes) {
  for (const std::int64_t size : {2, 16, 99, 1001}) {
    SCOPED_TRACE(size);
    check<float>(size);
    check<Bfloat16>(size);
  }
}

TEST_P(CrossEntropyKernels, LogitsOfAnySizeGiveFiniteLosses) {
  auto logits = filled<float>(20, -1e30f);
  logits[7] = 1e30f;
  const auto [loss, prediction] = evaluate_row(logits, 7);
  EXPECT_EQ(loss, 0);
  EXPECT_EQ(prediction, 7);
}

TEST_P(CrossEntropyKernels, ANaNAnywhereInARowMakesItsLossNaN) {
  for (const std::int64_t place : {0, 7, 19}) {
    auto logits = filled<float>(20, 1);
    logits[place] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_TRUE(std::isnan(evaluate_row(logits, 3).first)) << place;
  }
}

INSTANTIATE_TEST_SUITE_P(Levels, CrossEntropyKernels, ::testing::ValuesIn(supported_kernel_levels()), level_name);

}  // namespace
}  // namespace bertforge::testing
