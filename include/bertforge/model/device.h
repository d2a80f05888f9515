#pragma once
// Where tensors live, and in which precision a model computes.

#include <ATen/core/Tensor.h>

#include <string>

namespace bertforge {

// What weights and activations are held in during forward and backward; the float32 masters stay in ParameterStore.
enum class Precision { kFloat32, kBfloat16 };

// "float32" or "bfloat16"; Error(kUsage) otherwise.
Precision parse_precision(const std::string& name);

at::ScalarType scalar_type(Precision precision);

// "cpu", "cuda", "cuda:N", or "auto" (CUDA where there is one). Error(kUsage) where the device is not to be had: the message
// says whether this build or this machine lacks it.
at::Device resolve_device(const std::string& name);

}  // namespace bertforge
