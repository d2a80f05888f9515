#pragma once
// Tensors to and from safetensors files, on any device.
//
// Fed by the parameter store and the optimizer; feeds folder.h and checkpoint/.

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>
#include <vector>

#include "bertforge/formats/safetensors.h"
#include "bertforge/model/parameters.h"

namespace bertforge {

struct NamedTensor {
  std::string name;
  at::Tensor values;
};

// The parts of `flat` (the store's weights, a slot of the optimizer) by parameter: "exp_avg/" + name for that prefix. They are
// views: what is copied into them stands in `flat`.
std::vector<NamedTensor> named_parts(const ParameterStore& store, const at::Tensor& flat,
                                     const std::string& prefix = "");

// Writes float32 tensors, whatever device they are on, and flushes the file. The result depends on names and values alone.
void write_tensor_file(const std::filesystem::path& file, const std::vector<NamedTensor>& tensors);

// Error(kInput) that names file, tensor, what it has and what it should have.
void require_shape(const SafetensorsFile& file, const TensorView& tensor, const std::vector<std::int64_t>& expected);
void require_float(const SafetensorsFile& file, const TensorView& tensor);  // F32, BF16 or F16.

// Copies the values into `destination`, bit for bit where both are float32. REQUIRES: a float dtype, equal shapes.
void copy_values(const TensorView& tensor, at::Tensor destination);

}  // namespace bertforge
