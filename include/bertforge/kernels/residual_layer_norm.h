#pragma once
// The end of both halves of an encoder layer: y = LayerNorm(residual + dropout(x + bias)), forward and backward.
//
// Source: Devlin et al. 2019 (post-norm layers); Ba et al. 2016. T is float or Bfloat16; everything is computed in
// float, and LayerNorm's weight and bias are float (model/parameters.h says why).
//   N  rows, tokens of all sequences one after the other   H  hidden size   W  words of a row of bits, bit_words(H)

#include <cstdint>

#include "bertforge/kernels/dropout.h"

namespace bertforge {

template <class T>
struct ResidualLayerNormForward {
  std::int64_t hidden_size = 0;
  float epsilon = 0;
  DropoutRule dropout = {};
  const RowPlace* places = nullptr;    // [N]; needed where something is dropped
  const T* x = nullptr;                // [N, H] what a matrix product gave
  const T* bias = nullptr;             // [H]
  const T* residual = nullptr;         // [N, H]
  const float* gamma = nullptr;        // [H] LayerNorm's weight
  const float* beta = nullptr;         // [H] LayerNorm's bias
  T* sum = nullptr;                    // [N, H] residual + dropout(x + bias), for backward; may be x
  T* y = nullptr;                      // [N, H]; may be residual
  float* mean = nullptr;               // [N]
  float* inverse_deviation = nullptr;  // [N] 1 / sqrt(variance + epsilon)
  std::uint64_t* kept = nullptr;       // [N, W] the bits of dropout, for backward; written where something is dropped
};

template <class T>
struct ResidualLayerNormBackward {
  std::int64_t hidden_size = 0;
  float keep_scale = 1;                      // DropoutRule::keep_scale() of the forward pass
  const std::uint64_t* kept = nullptr;       // [N, W]; null where nothing was dropped
  const T* y_gradient = nullptr;             // [N, H]
  const T* sum = nullptr;                    // [N, H]
  const float* gamma = nullptr;              // [H]
  const float* mean = nullptr;               // [N]
  const float* inverse_deviation = nullptr;  // [N]
  T* residual_gradient = nullptr;            // [N, H]; may be y_gradient
  T* x_gradient = nullptr;                   // [N, H]
  // [H] each: sums over the rows of this call are added.
  float* gamma_gradient = nullptr;
  float* beta_gradient = nullptr;
  float* bias_gradient = nullptr;
};

}  // namespace bertforge
