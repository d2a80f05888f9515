#include "kernel_cases.h"

namespace bertforge::testing {
namespace {

constexpr DropoutRule kHiddenDropout = {{.key = 77, .layer = 2, .site = DropoutSite::kFeedForwardOutput}, 0.3};

// Rows of LayerNorm in float64.
Doubles layer_norm(const Doubles& x, const Doubles& gamma, const Doubles& beta, double epsilon) {
  const std::size_t size = gamma.size();
  Doubles y(x.size());
  for (std::size_t row = 0; row < x.size(); row += size) {
    double mean = 0, variance = 0;
    for (std::size_t i = 0; i < size; ++i) mean += x[row + i] / static_cast<double>(size);
    for (std::size_t i = 0; i < size; ++i) variance += std::pow(x[row + i] - mean, 2) / static_cast<double>(size);
    for (std::size_t i = 0; i < size; ++i) {
      y[row + i] = (x[row + i] - mean) / std::sqrt(variance + epsilon) * gamma[i] + beta[i];
    }
  }
  return y;
}

// Rows with dropout by the plain rule.
Doubles dropped(Doubles x, std::size_t size, const DropoutRule& rule, const std::vector<RowPlace>& places) {
  const double p = quantized_dropout_probability(rule.probability);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const RowPlace place = places[i / size];
    const bool keeps =
        dropout_keeps(rule.key, place.example, place.position, static_cast<std::uint32_t>(i % size), rule.probability);
    x[i] = keeps ? x[i] / (1 - p) : 0;
  }
  return x;
}

Doubles plus_rows(Doubles x, const Doubles& row) {
  for (std::size_t i = 0; i < x.size(); ++i) x[i] += row[i % row.size()];
  return x;
}

Doubles plus(Doubles a, const Doubles& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += b[i];
  return a;
}

class LayerNormKernels : public KernelTest {
 protected:
  template <class T>
  void check_residual(std::int64_t size, const DropoutRule& rule) {
    constexpr std::int64_t kRows = 5;
    const auto x = normals<T>(kRows * size, 1), residual = normals<T>(kRows * size, 2), bias = normals<T>(size, 3);
    const auto gamma = normals<float>(size, 4, 0.5, 1), beta = normals<float>(size, 5);
    const auto places = row_places(kRows);
    Guarded<T> sum(kRows * size), y(kRows * size);
    Guarded<float> mean(kRows), inverse_deviation(kRows);
    Guarded<std::uint64_t> kept(kRows * bit_words(size));
    kernels<T>().residual_layer_norm_forward({.hidden_size = size,
                                              .epsilon = 1e-5f,
                                              .dropout = rule,
                                              .places = places.data(),
                                              .x = x.data(),
                                              .bias = bias.data(),
                                              .residual = residual.data(),
                                              .gamma = gamma.data(),
                                              .beta = beta.data(),
                                              .sum = sum.data(),
                                              .y = y.data(),
                                              .mean = mean.data(),
                                              .inverse_deviation = inverse_deviation.data(),
                                              .kept = kept.data()},
                                             0, kRows);

    const auto forward = [&](const Doubles& x, const Doubles& residual, const Doubles& bias, const Doubles& gamma,
                             const Doubles& beta) {
      return layer_norm(plus(dropped(plus_rows(x, bias), gamma.size(), rule, places), residual), gamma, beta, 1e-5);
    };
    const Doubles dx = doubles(x), dr = doubles(residual), db = doubles(bias), dg = doubles(gamma), de = doubles(beta);
    expect_close(doubles(y), forward(dx, dr, db, dg, de), tolerance<T>(), "y");

    const auto outer = normals<T>(kRows * size, 6);
    Guarded<T> residual_gradient(kRows * size), x_gradient(kRows * size);
    auto sums = filled<float>(3 * size, 0.5f);  // Sums are added to what is there.
    kernels<T>().residual_layer_norm_backward({.hidden_size = size,
                                               .keep_scale = rule.keep_scale(),
                                               .kept = rule.drops() ? kept.data() : nullptr,
                                               .y_gradient = outer.data(),
                                               .sum = sum.data(),
                                               .gamma = gamma.data(),
                                               .mean = mean.data(),
                                               .inverse_deviation = inverse_deviation.data(),
                                               .residual_gradient = residual_gradient.data(),
                                               .x_gradient = x_gradient.data(),
                                               .gamma_gradient = sums.data(),
                                               .beta_gradient = sums.data() + size,
                                               .bias_gradient = sums.data() + 2 * size},
                                              0, kRows);

    const Doubles weights = doubles(outer);
    const auto gradient = [&](const Doubles& at, auto loss) { return numeric_gradient(loss, at); };
    // float32 rounding of the sums, and in bfloat16 of the stored sum, is what these bounds are for.
    const double bound = std::is_same_v<T, float> ? 1e-5 : 3e-2;
    // The gradient of a row of one number is 0: that of y times gamma over the deviation, which is sqrt(epsilon), minus the
    // same.
    const double scale = size == 1 ? 1 / std::sqrt(1e-5) : 1e-30;
    expect_close(doubles(x_gradient),
                 gradient(dx, [&](const Doubles& v) { return dot(forward(v, dr, db, dg, de), weights); }), bound, "x'",
                 scale);
    expect_close(doubles(residual_gradient),
                 gradient(dr, [&](const Doubles& v) { return dot(forward(dx, v, db, dg, de), weights); }), bound,
                 "residual'", scale);
    Doubles expected = gradient(dg, [&](const Doubles& v) { return dot(forward(dx, dr, db, v, de), weights); });
    for (const double v : gradient(de, [&](const Doubles& v) { return dot(forward(dx, dr, db, dg, v), weights); })) {
      expected.push_back(v);
    }
    for (const double v : gradient(db, [&](const Doubles& v) { return dot(forward(dx, dr, v, dg, de), weights); })) {
      expected.push_back(v);
    }
    for (double& value : expected) value += 0.5;
    expect_close(doubles(sums), expected, bound, "gamma', beta', bias'");
  }

  template <class T>
  void check_embedding(std::int64_t size, const DropoutRule& rule) {
    constexpr std::int64_t kRows = 6, kVocabulary = 9;
    const auto words = normals<T>(kVocabulary * size, 1), positions = normals<T>(4 * size, 2);
    const auto segments = normals<T>(2 * size, 3);
    const auto gamma = normals<float>(size, 4, 0.5, 1), beta = normals<float>(size, 5);
    const std::vector<std::int64_t> ids = {8, 0, 3, 3, 7, 1}, types = {0, 0, 1, 1, 0, 1};
    const auto places = row_places(kRows);
    Guarded<T> sum(kRows * size), y(kRows * size);
    Guarded<float> mean(kRows), inverse_deviation(kRows);
    Guarded<std::uint64_t> kept(kRows * bit_words(size));
    kernels<T>().embedding_layer_norm_forward({.hidden_size = size,
                                               .epsilon = 1e-5f,
                                               .dropout = rule,
                                               .places = places.data(),
                                               .token_ids = ids.data(),
                                               .token_type_ids = types.data(),
                                               .words = words.data(),
                                               .positions = positions.data(),
                                               .segments = segments.data(),
                                               .gamma = gamma.data(),
                                               .beta = beta.data(),
                                               .sum = sum.data(),
                                               .y = y.data(),
                                               .mean = mean.data(),
                                               .inverse_deviation = inverse_deviation.data(),
                                               .kept = kept.data()},
                                              0, kRows);

    const Doubles dw = doubles(words), dp = doubles(positions), ds = doubles(segments);
    const Doubles dg = doubles(gamma), de = doubles(beta);
    Doubles looked_up;
    for (std::size_t row = 0; row < kRows; ++row) {
      for (std::int64_t i = 0; i < size; ++i) {
        looked_up.push_back(dw[static_cast<std::size_t>(ids[row] * size + i)] +
                            dp[static_cast<std::size_t>(places[row].position * size + i)] +
                            ds[static_cast<std::size_t>(types[row] * size + i)]);
      }
    }
    const auto forward = [&](const Doubles& x, const Doubles& gamma, const Doubles& beta) {
      return dropped(layer_norm(x, gamma, beta, 1e-5), gamma.size(), rule, places);
    };
    expect_close(doubles(y), forward(looked_up, dg, de), tolerance<T>(), "y");

    const auto outer = normals<T>(kRows * size, 6);
    Guarded<float> sum_gradient(kRows * size);
    auto sums = filled<float>(2 * size, 0.25f);
    kernels<T>().embedding_layer_norm_backward({.hidden_size = size,
                                                .keep_scale = rule.keep_scale(),
                                                .kept = rule.drops() ? kept.data() : nullptr,
                                                .y_gradient = outer.data(),
                                                .sum = sum.data(),
                                                .gamma = gamma.data(),
                                                .mean = mean.data(),
                                                .inverse_deviation = inverse_deviation.data(),
                                                .sum_gradient = sum_gradient.data(),
                                                .gamma_gradient = sums.data(),
                                                .beta_gradient = sums.data() + size},
                                               0, kRows);
    const Doubles weights = doubles(outer);
    const double bound = std::is_same_v<T, float> ? 1e-5 : 3e-2;
    expect_close(doubles(sum_gradient),
                 numeric_gradient([&](const Doubles& v) { return dot(forward(v, dg, de), weights); }, looked_up), bound,
                 "sum'");
    Doubles expected = numeric_gradient([&](const Doubles& v) { return dot(forward(looked_up, v, de), weights); }, dg);
    for (const double v :
         numeric_gradient([&](const Doubles& v) { return dot(forward(looked_up, dg, v), weights); }, de)) {
      expected.push_back(v);
    }
    for (double& value : expected) value += 0.25;
    expect_close(doubles(sums), expected, bound, "gamma', beta'");
  }
};

TEST_P(LayerNormKernels, ResidualAgreesWithFloat64AtOddSizes) {
  for (const std::int64_t size : {1, 7, 16, 37, 67}) {
    SCOPED_TRACE(size);
    check_residual<float>(size, {});
    check_residual<Bfloat16>(size, {});
  }
}

TEST_P(LayerNormKernels, ResidualWithDropoutAgreesWithFloat64AndThePlainRule) {
  for (const std::int64_t size : {5, 37, 67}) {
    SCOPED_TRACE(size);
    check_residual<float>(size, kHiddenDropout);
    check_residual<Bfloat16>(size, kHiddenDropout);
  }
}

TEST_P(LayerNormKernels, EmbeddingsAgreeWithFloat64WithAndWithoutDropout) {
  for (const std::int64_t size : {3, 37, 67}) {
    SCOPED_TRACE(size);
    for (const DropoutRule& rule : {DropoutRule(), kHiddenDropout}) {
      check_embedding<float>(size, rule);
      check_embedding<Bfloat16>(size, rule);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Levels, LayerNormKernels, ::testing::ValuesIn(supported_kernel_levels()), level_name);

}  // namespace
}  // namespace bertforge::testing
