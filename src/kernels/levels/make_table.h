#pragma once
// The table of a level's kernels, instantiated for the `Level` of the file that includes this.

#include "../adamw_kernels.h"
#include "../attention_kernels.h"
#include "../bias_activation_kernels.h"
#include "../cross_entropy_kernels.h"
#include "../dropout_kernels.h"
#include "../gemm_kernels.h"
#include "../layer_norm_kernels.h"
#include "bertforge/kernels/kernel_table.h"

namespace bertforge::simd {

template <class Level, class T>
constexpr TypedKernels<T> typed_kernels() {
  return {.residual_layer_norm_forward = residual_layer_norm_forward<Level, T>,
          .residual_layer_norm_backward = residual_layer_norm_backward<Level, T>,
          .embedding_layer_norm_forward = embedding_layer_norm_forward<Level, T>,
          .embedding_layer_norm_backward = embedding_layer_norm_backward<Level, T>,
          .bias_activation_forward = bias_activation_forward<Level, T>,
          .bias_activation_backward = bias_activation_backward<Level, T>,
          .attention_forward = attention_forward<Level, T>,
          .attention_backward = attention_backward<Level, T>,
          .cross_entropy = cross_entropy<Level, T>,
          .add_column_sums = add_column_sums<Level, T>,
          .gemm = gemm<Level, T, T>,
          .gemm_to_float = gemm<Level, T, float>,
          .gemm_limits = default_gemm_limits<Level>};
}

template <class Level>
constexpr KernelTable make_table() {
  return {.of_float = typed_kernels<Level, float>(),
          .of_bfloat16 = typed_kernels<Level, Bfloat16>(),
          .adamw = adamw<Level>,
          .sum_of_squares = sum_of_squares<Level>,
          .dropout_bits = dropout_bits<Level>};
}

}  // namespace bertforge::simd
