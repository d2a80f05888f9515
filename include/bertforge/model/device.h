#pragma once
// Where tensors live, and in which precision a model computes.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <vector>

namespace bertforge {

// What weights and activations are held in during forward and backward; the float32 masters stay in ParameterStore.
enum class Precision { kFloat32, kBfloat16, kFloat16 };

// "float32", "bfloat16", "float16" or "auto": bfloat16 where the device has instructions for it, a CPU with AVX512-BF16 or
// AMX and CUDA devices from compute capability 8.0 on; on older CUDA devices float16, whose small range wants the loss
// scaled (train/loss_scaler.h); on other CPUs float32, which is faster there. Error(kUsage) otherwise, and for float16 on a
// CPU.
Precision resolve_precision(const std::string& name, at::Device device);

std::vector<std::string> precision_names();
std::string to_string(Precision precision);  // "float32"

at::ScalarType scalar_type(Precision precision);

// How exact CUDA's products of float32 matrices are: "highest", in float32, or "high", their factors rounded to TF32's 10 bits
// of mantissa, where the device has tensor cores for that. Sets it for the process. Error(kUsage) on another name, and for
// "high" where `device` is not CUDA, which would not heed it.
void set_float32_matmul(const std::string& name, at::Device device);

std::vector<std::string> float32_matmul_names();

// Which code computes on the CPU: "plain", LibTorch's operations, or a level of kernels/kernel_table.h. "auto" is the
// level that the environment's BERTFORGE_KERNELS names, else the best that this CPU runs. Error(kUsage) on an unknown
// name and on a level that this CPU lacks.
std::string resolve_kernels(const std::string& name);

std::vector<std::string> kernel_choices();  // auto, plain, and the levels

// "cpu", "cuda", "cuda:N", or "auto" (CUDA where there is one). Error(kUsage) where the device is not to be had: the
// message says whether this build or this machine lacks it.
at::Device resolve_device(const std::string& name);

// Bytes that this process can have on `device`, what it has there already included: on the CPU as base/memory.h has it.
// Nothing where that is not known.
std::optional<std::int64_t> available_memory(at::Device device);

// The most bytes that tensors had on a CUDA device at a time; on the CPU those of the whole process.
std::int64_t peak_memory(at::Device device);

// Returns when the device has done what it was told; a CPU has.
void wait_for(at::Device device);

// Whether it says that memory is spent, that of a device or of the process. On a CPU it says so where the process has a limit of its
// own; most systems promise more than they have, and end the process instead.
bool is_out_of_memory(const std::exception& error);

}  // namespace bertforge
