#pragma once
// loss = ln sum e^x - x[label], gradient e^x / sum e^x - [i = label], with x = logits + bias.
//
// Three passes over a row of V elements: largest, sum, gradient. In bfloat16 a row of 30,000 is 60 kB and stays in the
// second cache; the exponential is made twice, which costs less than writing it out in float32.

#include "bertforge/kernels/cross_entropy.h"
#include "simd.h"

namespace bertforge::simd {

// The first place of a row's largest x.
template <class Level, class T>
BERTFORGE_INLINE std::int64_t place_of(const T* logits, const T* bias, std::int64_t size, float value) {
  for (std::int64_t i = 0; i < size; ++i) {
    if (to_float(logits[i]) + to_float(bias[i]) == value) return i;
  }
  return 0;  // Only a row with NaN has no largest.
}

template <class Level, class T>
void cross_entropy(const CrossEntropy<T>& in, std::int64_t begin, std::int64_t end) {
  const std::int64_t size = in.num_classes;
  for (std::int64_t row = begin; row < end; ++row) {
    T* const logits = in.logits + row * in.stride;
    const auto shifted = [&](std::int64_t i, auto count) {
      return load<Level>(logits + i, count) + load<Level>(in.bias + i, count);
    };
    Floats<Level> largest = splat<Level>(-3.4e38f);
    for_vectors<Level>(size, [&](std::int64_t i, auto count) {
      largest = maximum<Level>(fill_behind<Level>(shifted(i, count), count, -3.4e38f), largest);
    });
    const float maximum_logit = maximum_of<Level>(largest);
    Floats<Level> sums{};
    for_vectors<Level>(size, [&](std::int64_t i, auto count) {
      sums += fill_behind<Level>(exponential<Level>(shifted(i, count) - maximum_logit), count, 0);
    });
    const float sum = sum_of<Level>(sums);
    const std::int64_t label = in.labels[row];
    const float label_logit = to_float(logits[label]) + to_float(in.bias[label]);
    in.losses[row] = __builtin_logf(sum) + (maximum_logit - label_logit);
    in.predictions[row] = place_of<Level>(logits, in.bias, size, maximum_logit);
    if (in.bias_gradient == nullptr) continue;

    const float inverse_sum = 1.0f / sum;
    for_vectors<Level>(size, [&](std::int64_t i, auto count) {
      Floats<Level> gradient = exponential<Level>(shifted(i, count) - maximum_logit) * inverse_sum;
      if (label >= i && label < i + count) gradient[label - i] -= 1.0f;
      store<Level>(gradient, logits + i, count);
      store<Level>(load<Level>(in.bias_gradient + i, count) + gradient, in.bias_gradient + i, count);
    });
  }
}

}  // namespace bertforge::simd
