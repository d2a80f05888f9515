#include "kernel_cases.h"

namespace bertforge::testing {
namespace {

struct AttentionCase {
  std::int64_t length, num_heads, head_size;
  DropoutRule rule;
};

constexpr std::uint32_t kExample = 6;

// Context [S, H] of all heads in float64, from qkv [S, 3H] with bias.
Doubles attend(const Doubles& qkv, const AttentionCase& shape) {
  const std::int64_t hidden = shape.num_heads * shape.head_size;
  const auto at = [&](std::int64_t row, std::int64_t part, std::int64_t head, std::int64_t i) {
    return qkv[static_cast<std::size_t>(row * 3 * hidden + part * hidden + head * shape.head_size + i)];
  };
  const double p = quantized_dropout_probability(shape.rule.probability);
  Doubles context(static_cast<std::size_t>(shape.length * hidden), 0);
  for (std::int64_t head = 0; head < shape.num_heads; ++head) {
    for (std::int64_t query = 0; query < shape.length; ++query) {
      Doubles weights;
      double sum = 0;
      for (std::int64_t key = 0; key < shape.length; ++key) {
        double score = 0;
        for (std::int64_t i = 0; i < shape.head_size; ++i) score += at(query, 0, head, i) * at(key, 1, head, i);
        weights.push_back(std::exp(score / std::sqrt(static_cast<double>(shape.head_size))));
        sum += weights.back();
      }
      const auto row = attention_row(static_cast<std::uint32_t>(head), static_cast<std::uint32_t>(query));
      for (std::int64_t key = 0; key < shape.length; ++key) {
        if (!dropout_keeps(shape.rule.key, kExample, row, static_cast<std::uint32_t>(key), shape.rule.probability))
          continue;
        for (std::int64_t i = 0; i < shape.head_size; ++i) {
          context[static_cast<std::size_t>(query * hidden + head * shape.head_size + i)] +=
              weights[static_cast<std::size_t>(key)] / sum / (1 - p) * at(key, 2, head, i);
        }
      }
    }
  }
  return context;
}

class AttentionKernels : public KernelTest {
 protected:
  template <class T>
  void check(const AttentionCase& shape) {
    const std::int64_t hidden = shape.num_heads * shape.head_size, length = shape.length;
    const auto qkv = normals<T>(length * 3 * hidden, 1), bias = normals<T>(3 * hidden, 2, 0.3);
    const auto outer = normals<T>(length * hidden, 3);
    Guarded<T> context(length * hidden), qkv_gradient(length * 3 * hidden);
    Guarded<float> log_sum_exp(length * shape.num_heads), scratch(attention_scratch_size(length, shape.head_size));
    Guarded<std::uint64_t> kept(shape.num_heads * length * bit_words(length));
    for (std::int64_t head = 0; head < shape.num_heads; ++head) {
      kernels<T>().attention_forward({.length = length,
                                      .hidden_size = hidden,
                                      .head_size = shape.head_size,
                                      .head = head,
                                      .dropout = shape.rule,
                                      .example = kExample,
                                      .qkv = qkv.data(),
                                      .bias = bias.data(),
                                      .context = context.data(),
                                      .log_sum_exp = log_sum_exp.data() + head * length,
                                      .kept = kept.data() + head * length * bit_words(length),
                                      .scratch = scratch.data()});
    }
    for (std::int64_t head = 0; head < shape.num_heads; ++head) {
      const std::uint64_t* const bits = kept.data() + head * length * bit_words(length);
      kernels<T>().attention_backward({.length = length,
                                       .hidden_size = hidden,
                                       .head_size = shape.head_size,
                                       .head = head,
                                       .keep_scale = shape.rule.keep_scale(),
                                       .kept = shape.rule.drops() ? bits : nullptr,
                                       .qkv = qkv.data(),
                                       .bias = bias.data(),
                                       .log_sum_exp = log_sum_exp.data() + head * length,
                                       .context_gradient = outer.data(),
                                       .qkv_gradient = qkv_gradient.data(),
                                       .scratch = scratch.data()});
    }
    Doubles input;
    for (std::int64_t i = 0; i < qkv.size(); ++i) {
      input.push_back(static_cast<double>(to_float(qkv[i]) + to_float(bias[i % (3 * hidden)])));
    }
    const double bound = std::is_same_v<T, float> ? 1e-5 : 1.5e-2;
    expect_close(doubles(context), attend(input, shape), bound, "context");
    const auto loss = [&, weights = doubles(outer)](const Doubles& v) { return dot(attend(v, shape), weights); };
    if (input.size() < 600) {
      expect_close(doubles(qkv_gradient), numeric_gradient(loss, input), bound, "qkv'");
    } else {
      expect_slopes(doubles(qkv_gradient), loss, input, bound);
    }
  }

  // Along three directions through all elements: differences for each of them would take minutes.
  static void expect_slopes(const Doubles& gradient, const auto& loss, const Doubles& at, double bound) {
    for (const std::uint64_t seed : {11, 12, 13}) {
      const Doubles direction = doubles(normals<float>(static_cast<std::int64_t>(at.size()), seed));
      const auto loss_at = [&](double step) {
        Doubles moved = at;
        for (std::size_t i = 0; i < moved.size(); ++i) moved[i] += step * direction[i];
        return loss(moved);
      };
      // A sum of many rounded products: its error goes with the length of the gradient.
      const double length = std::sqrt(dot(gradient, gradient));
      EXPECT_NEAR(dot(gradient, direction), (loss_at(1e-5) - loss_at(-1e-5)) / 2e-5, bound * length);
    }
  }
};

constexpr DropoutRule kProbsDropout = {{.key = 31, .layer = 1, .site = DropoutSite::kAttentionProbs}, 0.2};

TEST_P(AttentionKernels, AgreeWithFloat64AtOddLengthsAndHeadSizes) {
  for (const AttentionCase& shape : {AttentionCase{1, 2, 5, {}}, {2, 1, 64, {}}, {7, 3, 5, {}}, {19, 2, 33, {}}}) {
    SCOPED_TRACE(::testing::Message() << "length " << shape.length << ", head size " << shape.head_size);
    check<float>(shape);
    check<Bfloat16>(shape);
  }
}

TEST_P(AttentionKernels, WithDropoutAgreeWithFloat64AndThePlainRule) {
  for (const AttentionCase& shape : {AttentionCase{7, 3, 5, kProbsDropout}, {23, 2, 9, kProbsDropout}}) {
    SCOPED_TRACE(::testing::Message() << "length " << shape.length << ", head size " << shape.head_size);
    check<float>(shape);
    check<Bfloat16>(shape);
  }
}

// Blocks of 48 queries, or parts of 128 in tiles: several of each and a rest.
TEST_P(AttentionKernels, LongSequencesAgreeWithFloat64InEveryBlock) {
  check<float>({130, 1, 16, kProbsDropout});
  check<Bfloat16>({48, 2, 16, {}});
  check<Bfloat16>({161, 1, 40, kProbsDropout});
}

TEST_P(AttentionKernels, WholeTilesAgreeWithFloat64) {
  check<Bfloat16>({128, 2, 64, kProbsDropout});
  check<Bfloat16>({256, 1, 32, kProbsDropout});
}

template <class T>
void expect_nan_row(const TypedKernels<T>& kernels) {
  auto qkv = normals<T>(6, 1);  // Two tokens of one element.
  const auto bias = filled<T>(3, T{});
  qkv[0] = qkv[1] = round_to(1e30, T());
  Guarded<T> context(2);
  Guarded<float> scratch(attention_scratch_size(2, 1));
  kernels.attention_forward({.length = 2,
                             .hidden_size = 1,
                             .head_size = 1,
                             .qkv = qkv.data(),
                             .bias = bias.data(),
                             .context = context.data(),
                             .scratch = scratch.data()});
  EXPECT_TRUE(std::isnan(to_float(context[0])));
  EXPECT_FALSE(std::isnan(to_float(context[1])));
}

TEST_P(AttentionKernels, InfiniteScoresMakeTheirRowNaN) {
  expect_nan_row(kernels<float>());
  expect_nan_row(kernels<Bfloat16>());
}

INSTANTIATE_TEST_SUITE_P(Levels, AttentionKernels, ::testing::ValuesIn(supported_kernel_levels()), level_name);

}  // namespace
}  // namespace bertforge::testing
