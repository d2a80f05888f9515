#pragma once
// Activation checkpointing on the plain path: a layer whose graph is made in the backward pass, and not before.
//
// Fed and eaten by encoder.h. Source: Chen et al. 2016, "Training deep nets with sublinear memory cost"; PyTorch's
// torch.utils.checkpoint with use_reentrant, which its C++ interface lacks.
//   B  sequences   T  positions   H  hidden size

#include "bertforge/model/encoder.h"

namespace bertforge {

// layer.forward(hidden, bias, context) with the same gradients, bit for bit, for `hidden` [B, T, H] and the layer's
// parameters. Of the forward pass `hidden` alone is kept. `layer` outlives the graph. Gradients of parameters are added
// where backward() adds them, so torch::autograd::grad() is refused with Error(kInternal).
torch::Tensor checkpointed_layer(EncoderLayerImpl& layer, const torch::Tensor& hidden, const torch::Tensor& bias,
                                 const ForwardContext& context);

}  // namespace bertforge
