#include "kernel_cases.h"

namespace bertforge::testing {
namespace {

double exact(ActivationKind kind, double x) {
  switch (kind) {
    case ActivationKind::kGelu:
      return x * 0.5 * std::erfc(-x / std::sqrt(2.0));
    case ActivationKind::kGeluTanh:
      return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    case ActivationKind::kRelu:
      return std::max(x, 0.0);
    case ActivationKind::kSilu:
      return x / (1 + std::exp(-x));
    case ActivationKind::kTanh:
      return std::tanh(x);
  }
  return 0;
}

constexpr ActivationKind kKinds[] = {ActivationKind::kGelu, ActivationKind::kGeluTanh, ActivationKind::kRelu,
                                     ActivationKind::kSilu, ActivationKind::kTanh};

class BiasActivationKernels : public KernelTest {
 protected:
  template <class T>
  void check(ActivationKind kind, std::int64_t size) {
    constexpr std::int64_t kRows = 4;
    const auto x = normals<T>(kRows * size, 1, 3), bias = normals<T>(size, 2), outer = normals<T>(kRows * size, 3);
    Guarded<T> y(kRows * size), x_gradient(kRows * size);
    auto bias_gradient = filled<float>(size, -1);
    kernels<T>().bias_activation_forward(
        {.activation = kind, .size = size, .x = x.data(), .bias = bias.data(), .y = y.data()}, 0, kRows);
    kernels<T>().bias_activation_backward({.activation = kind,
                                           .size = size,
                                           .x = x.data(),
                                           .bias = bias.data(),
                                           .y_gradient = outer.data(),
                                           .x_gradient = x_gradient.data(),
                                           .bias_gradient = bias_gradient.data()},
                                          0, kRows);
    Doubles expected, expected_gradient, expected_bias(static_cast<std::size_t>(size), -1);
    for (std::int64_t i = 0; i < x.size(); ++i) {
      const double sum = static_cast<double>(to_float(x[i]) + to_float(bias[i % size]));
      const double slope = (exact(kind, sum + 1e-6) - exact(kind, sum - 1e-6)) / 2e-6;
      expected.push_back(exact(kind, sum));
      expected_gradient.push_back(slope * static_cast<double>(to_float(outer[i])));
      expected_bias[static_cast<std::size_t>(i % size)] += expected_gradient.back();
    }
    expect_close(doubles(y), expected, tolerance<T>(), "y");
    expect_close(doubles(x_gradient), expected_gradient, tolerance<T>(), "x'");
    expect_close(doubles(bias_gradient), expected_bias, tolerance<T>(), "bias'");
  }
};

TEST_P(BiasActivationKernels, EveryActivationAgreesWithFloat64AtOddSizes) {
  for (const ActivationKind kind : kKinds) {
    for (const std::int64_t size : {1, 6, 32, 53}) {
      SCOPED_TRACE(::testing::Message() << "activation " << static_cast<int>(kind) << ", size " << size);
      check<float>(kind, size);
      check<Bfloat16>(kind, size);
    }
  }
}

TEST_P(BiasActivationKernels, GeluIsExactFarFromZero) {
  const auto bias = filled<float>(1, 0);
  for (const float x : {-1e30f, -100.0f, -12.0f, 12.0f, 100.0f, 1e30f}) {
    auto value = filled<float>(1, x);
    kernels<float>().bias_activation_forward({.size = 1, .x = value.data(), .bias = bias.data(), .y = value.data()}, 0,
                                             1);
    EXPECT_NEAR(value[0], x > 0 ? x : 0, 1e-6f) << x;
  }
}

TEST_P(BiasActivationKernels, OfNaNGiveNaN) {
  const auto bias = filled<float>(1, 0);
  for (const ActivationKind kind : kKinds) {
    auto value = filled<float>(1, std::numeric_limits<float>::quiet_NaN());
    kernels<float>().bias_activation_forward(
        {.activation = kind, .size = 1, .x = value.data(), .bias = bias.data(), .y = value.data()}, 0, 1);
    EXPECT_TRUE(std::isnan(value[0])) << "activation " << static_cast<int>(kind);
  }
}

INSTANTIATE_TEST_SUITE_P(Levels, BiasActivationKernels, ::testing::ValuesIn(supported_kernel_levels()), level_name);

}  // namespace
}  // namespace bertforge::testing
