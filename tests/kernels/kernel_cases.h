#pragma once
// What the tests of the kernels share: every level that this CPU runs, numbers to run them on, and comparisons with
// float64.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "bertforge/base/random.h"
#include "bertforge/kernels/kernel_table.h"
#include "support/guarded.h"

namespace bertforge::testing {

using Doubles = std::vector<double>;

inline float round_to(double value, float) { return static_cast<float>(value); }
inline Bfloat16 round_to(double value, Bfloat16) { return to_bfloat16(static_cast<float>(value)); }

// Normal numbers as T has them, in a guarded buffer.
template <class T>
Guarded<T> normals(std::int64_t size, std::uint64_t seed, double scale = 1, double mean = 0) {
  CounterRandom random(seed);
  Guarded<T> values(size);
  for (T& value : values) value = round_to(mean + scale * random.normal(), T());
  return values;
}

template <class T>
Guarded<T> filled(std::int64_t size, T value) {
  Guarded<T> values(size);
  std::fill(values.begin(), values.end(), value);
  return values;
}

template <class T>
Doubles doubles(const Guarded<T>& values) {
  Doubles result;
  for (const T value : values) result.push_back(static_cast<double>(to_float(value)));
  return result;
}

// Relative to the largest expected value. Float: the bound of elementwise kernels; bfloat16: two roundings of 2^-8
// each.
template <class T>
constexpr double tolerance() {
  return std::is_same_v<T, float> ? 2e-6 : 1e-2;
}

// Every element within `tolerance` of the expected one, relative to the largest of them, or to `scale` if that is larger.
inline void expect_close(const Doubles& found, const Doubles& expected, double tolerance, const std::string& what,
                         double scale = 1e-30) {
  ASSERT_EQ(found.size(), expected.size()) << what;
  double largest = scale;
  for (const double value : expected) largest = std::max(largest, std::abs(value));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_NEAR(found[i], expected[i], tolerance * largest) << what << ", element " << i << " of " << expected.size();
  }
}

// The gradient of `loss` at `at` by central differences.
inline Doubles numeric_gradient(const std::function<double(const Doubles&)>& loss, Doubles at) {
  constexpr double kStep = 1e-5;
  Doubles gradient;
  for (double& value : at) {
    const double center = value;
    value = center + kStep;
    const double above = loss(at);
    value = center - kStep;
    const double below = loss(at);
    value = center;
    gradient.push_back((above - below) / (2 * kStep));
  }
  return gradient;
}

inline double dot(const Doubles& a, const Doubles& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

inline std::vector<RowPlace> row_places(std::int64_t num_rows) {
  std::vector<RowPlace> places;
  for (std::uint32_t row = 0; row < num_rows; ++row) places.push_back({3 + row / 4, row % 4});
  return places;
}

// A test of every level that this CPU runs. TEST_P runs `kernels<float>()` and `kernels<Bfloat16>()`.
class KernelTest : public ::testing::TestWithParam<const KernelLevel*> {
 protected:
  const KernelTable& table() const { return *GetParam()->table; }
  template <class T>
  const TypedKernels<T>& kernels() const {
    return table().of<T>();
  }
};

inline std::string level_name(const ::testing::TestParamInfo<const KernelLevel*>& info) { return info.param->name; }

}  // namespace bertforge::testing
