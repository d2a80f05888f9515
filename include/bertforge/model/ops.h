#pragma once
// Differentiable operations that LibTorch lacks or does differently: dropout without hidden state, lookups with exact
// sums.
//
//   B  sequences   T  positions   H  hidden size   A  heads   V  vocabulary   N  any number of rows

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "bertforge/kernels/bias_activation.h"
#include "bertforge/kernels/dropout.h"

namespace bertforge {

// x with elements dropped and the others scaled by 1 / (1 - p), as kernels/dropout.h has it; sequence b of the batch is
// `first_example` + b of the global batch. x is [B, T, H] (hidden states) or [B, A, T, T] (attention probabilities).
at::Tensor dropout(const at::Tensor& x, double probability, const DropoutKey& key, std::int64_t first_example);

// The same without gradient, in ATen operations on any type and device, where the mask is made too: the same bits
// everywhere. Some hundred operations on integers of an eighth of x's size.
at::Tensor plain_dropout(const at::Tensor& x, double probability, const DropoutKey& key, std::int64_t first_example);

// Rows of `weight` [V, H] by `ids` (any shape), in float32. Their gradient is summed in float32 whatever the type of
// `weight`: [MASK] stands hundreds of times in a batch, and a sum of 16 bits stops growing. Row `padding_index` gets
// none.
at::Tensor embedding_lookup(const at::Tensor& weight, const at::Tensor& ids, std::int64_t padding_index = -1);

// x [N, H] weight^T [H, V] + bias [V], computed with V rounded up to a multiple of `unit`: zeros are put behind weight and
// bias for the product, and what comes of them is cut off (a view). The weights stay as long as they are.
at::Tensor padded_linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, std::int64_t unit);

// The activation of that name: gelu (erf), gelu_new and gelu_pytorch_tanh (Google's tanh form), relu, silu, tanh.
using Activation = at::Tensor (*)(const at::Tensor&);
Activation find_activation(const std::string& name);  // Error(kUsage) with the nearest name.
std::vector<std::string> activation_names();

// The same as kernels/bias_activation.h has it.
ActivationKind find_activation_kind(const std::string& name);

}  // namespace bertforge
