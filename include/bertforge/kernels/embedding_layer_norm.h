#pragma once
// The first hidden state: y = dropout(LayerNorm(word + segment + position)), forward and backward.
//
// Source: Devlin et al. 2019, figure 2. T is float or Bfloat16; LayerNorm's weight and bias are float, as those of
// residual_layer_norm.h.
//   N  rows   H  hidden size   V  vocabulary   W  words of a row of bits, bit_words(H)

#include <cstdint>

#include "bertforge/kernels/dropout.h"

namespace bertforge {

template <class T>
struct EmbeddingLayerNormForward {
  std::int64_t hidden_size = 0;
  float epsilon = 0;
  DropoutRule dropout = {};
  const RowPlace* places = nullptr;              // [N]
  const std::int64_t* token_ids = nullptr;       // [N], below V
  const std::int64_t* token_type_ids = nullptr;  // [N]
  const T* words = nullptr;                      // [V, H]
  const T* positions = nullptr;                  // [max_position_embeddings, H]; of `places`
  const T* segments = nullptr;                   // [type_vocab_size, H]
  const float* gamma = nullptr;                  // [H]
  const float* beta = nullptr;                   // [H]
  T* sum = nullptr;                              // [N, H]
  T* y = nullptr;                                // [N, H]
  float* mean = nullptr;                         // [N]
  float* inverse_deviation = nullptr;            // [N]
  std::uint64_t* kept = nullptr;                 // [N, W]
};

template <class T>
struct EmbeddingLayerNormBackward {
  std::int64_t hidden_size = 0;
  float keep_scale = 1;
  const std::uint64_t* kept = nullptr;       // [N, W]; null where nothing was dropped
  const T* y_gradient = nullptr;             // [N, H]
  const T* sum = nullptr;                    // [N, H]
  const float* gamma = nullptr;              // [H]
  const float* mean = nullptr;               // [N]
  const float* inverse_deviation = nullptr;  // [N]
  float* sum_gradient = nullptr;             // [N, H], float whatever T is: [MASK] stands hundreds of times in a batch
  float* gamma_gradient = nullptr;           // [H]: sums over the rows of this call are added.
  float* beta_gradient = nullptr;            // [H]
};

}  // namespace bertforge
