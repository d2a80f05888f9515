#include "../../src/model/products.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <limits>

#include "../../src/model/typed_fused_encoder.h"

namespace bertforge {
namespace {

double difference(const at::Tensor& found, const at::Tensor& expected) {
  return ((found.to(at::kDouble) - expected).abs().max() / expected.abs().max()).item<double>();
}

// scale A B + C in float64, where A is a transposed view and B a part of wider rows.
template <class T>
void check(bool uses_own_kernel, at::ScalarType product_type, double tolerance) {
  torch::manual_seed(1);
  const auto a = torch::randn({70, 45}).to(kTypeOf<T>).t(), b = torch::randn({70, 90}).to(kTypeOf<T>).narrow(1, 8, 33);
  const auto wide = torch::randn({45, 50}).to(product_type);
  const auto c = wide.narrow(1, 3, 33);
  const auto product = a.to(at::kDouble).matmul(b.to(at::kDouble));
  const auto sum = c.to(at::kDouble) + 0.5 * product;
  const auto margins = [&] { return at::cat({wide.narrow(1, 0, 3), wide.narrow(1, 36, 14)}, 1); };
  const auto before = margins();

  Products<T> products(*find_kernel_level("auto").table, uses_own_kernel);
  products.multiply(c, a, b, true, 0.5);
  EXPECT_LT(difference(c, sum), tolerance);
  c.fill_(std::numeric_limits<double>::quiet_NaN());
  products.multiply(c, a, b);
  EXPECT_LT(difference(c, product), tolerance);
  EXPECT_TRUE(margins().equal(before));
}

TEST(Products, AgreeWithFloat64ByEitherKernel) {
  for (const bool uses_own_kernel : {false, true}) {
    check<float>(uses_own_kernel, at::kFloat, 1e-6);
    check<Bfloat16>(uses_own_kernel, at::kBFloat16, 2e-2);
    check<Bfloat16>(uses_own_kernel, at::kFloat, uses_own_kernel ? 1e-6 : 2e-2);
  }
}

template <class T>
void expect_same_bits_for_any_number_of_threads(at::ScalarType product_type) {
  torch::manual_seed(1);
  const auto a = torch::randn({301, 700}).to(kTypeOf<T>), b = torch::randn({700, 203}).to(kTypeOf<T>);
  const int threads = at::get_num_threads();
  std::vector<at::Tensor> results;
  for (const int count : {1, 2, 4}) {
    at::set_num_threads(count);
    Products<T> products(*find_kernel_level("auto").table, true);
    products.multiply(results.emplace_back(torch::ones({301, 203}).to(product_type)), a, b, true);
  }
  at::set_num_threads(threads);
  EXPECT_TRUE(results[1].equal(results[0]));
  EXPECT_TRUE(results[2].equal(results[0]));
}

TEST(Products, OfTheOwnKernelAreTheSameBitsForOneAndManyThreads) {
  expect_same_bits_for_any_number_of_threads<float>(at::kFloat);
  expect_same_bits_for_any_number_of_threads<Bfloat16>(at::kBFloat16);
  expect_same_bits_for_any_number_of_threads<Bfloat16>(at::kFloat);
}

TEST(Products, OfNoRowsOrNoDepthAreEmptyOrZero) {
  for (const bool uses_own_kernel : {false, true}) {
    Products<Bfloat16> products(*find_kernel_level("auto").table, uses_own_kernel);
    const auto of_type = [](at::IntArrayRef shape) { return torch::ones(shape, torch::kBFloat16); };
    products.multiply(of_type({0, 5}), of_type({0, 4}), of_type({4, 5}));
    for (const at::ScalarType type : {at::kBFloat16, at::kFloat}) {
      const auto product = torch::full({3, 5}, 2, type);
      products.multiply(product, of_type({3, 0}), of_type({0, 5}), true);
      EXPECT_EQ(product.min().item<float>(), 2);
      products.multiply(product, of_type({3, 0}), of_type({0, 5}));
      EXPECT_EQ(product.abs().max().item<float>(), 0);
    }
  }
}

TEST(JoinedRows, AreOneViewWhereMatricesLieOneAfterTheOther) {
  const auto flat = torch::arange(60, torch::kFloat);
  const auto matrix = [&](std::int64_t offset, std::int64_t rows) {
    return flat.narrow(0, offset, rows * 4).view({rows, 4});
  };
  const auto joined = joined_rows({matrix(8, 2), matrix(16, 3), matrix(28, 1)});
  ASSERT_EQ(joined.size(), 1u);
  EXPECT_TRUE(joined[0].equal(matrix(8, 6)));
  EXPECT_EQ(joined_rows({matrix(8, 2), matrix(20, 2)}).size(), 2u) << "a gap";
  EXPECT_EQ(joined_rows({matrix(8, 2), matrix(16, 2).clone()}).size(), 2u) << "another piece of memory";
}

}  // namespace
}  // namespace bertforge
