#pragma once
// The middle of the feed-forward network: y = activation(x + bias), forward and backward.
//
// Source: Hendrycks and Gimpel 2016 (GELU: x * P(normal <= x)); google-research/bert has its tanh form.
//   N  rows   I  intermediate size

#include <cstdint>

namespace bertforge {

enum class ActivationKind { kGelu, kGeluTanh, kRelu, kSilu, kTanh };

template <class T>
struct BiasActivationForward {
  ActivationKind activation = ActivationKind::kGelu;
  std::int64_t size = 0;    // I
  const T* x = nullptr;     // [N, I]
  const T* bias = nullptr;  // [I]
  T* y = nullptr;           // [N, I]; may be x where no backward pass follows
};

template <class T>
struct BiasActivationBackward {
  ActivationKind activation = ActivationKind::kGelu;
  std::int64_t size = 0;
  const T* x = nullptr;            // [N, I] as in the forward pass
  const T* bias = nullptr;         // [I]
  const T* y_gradient = nullptr;   // [N, I]
  T* x_gradient = nullptr;         // [N, I]; may be y_gradient
  float* bias_gradient = nullptr;  // [I]: sums over the rows of this call are added.
};

}  // namespace bertforge
