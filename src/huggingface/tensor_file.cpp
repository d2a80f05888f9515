#include "bertforge/huggingface/tensor_file.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <cstring>

#include "bertforge/base/error.h"

namespace bertforge {
namespace {

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text;
  for (const std::int64_t size : shape) text += concat(text.empty() ? "" : ", ", size);
  return "[" + text + "]";
}

at::ScalarType scalar_type(DType dtype) {
  if (dtype == DType::F32) return at::kFloat;
  BERTFORGE_CHECK(dtype == DType::F16 || dtype == DType::BF16, dtype_name(dtype), " is no float dtype");
  return dtype == DType::F16 ? at::kHalf : at::kBFloat16;
}

TensorView view_of(const std::string& name, const at::Tensor& values) {
  BERTFORGE_CHECK(values.scalar_type() == at::kFloat, name, " is not float32");
  return {.name = name,
          .dtype = DType::F32,
          .shape = values.sizes().vec(),
          .data = {static_cast<const std::byte*>(values.const_data_ptr()), values.nbytes()}};
}

}  // namespace

std::vector<NamedTensor> named_parts(const ParameterStore& store, const at::Tensor& flat, const std::string& prefix) {
  std::vector<NamedTensor> parts;
  for (const ParameterInfo& info : store.parameters()) {
    parts.push_back({prefix + info.name, ParameterStore::view(flat, info)});
  }
  return parts;
}

void write_tensor_file(const std::filesystem::path& file, const std::vector<NamedTensor>& tensors) {
  std::vector<at::Tensor> on_cpu;  // Keeps alive what the views show.
  std::vector<TensorView> views;
  for (const auto& [name, values] : tensors) {
    on_cpu.push_back(values.detach().cpu().contiguous());
    views.push_back(view_of(name, on_cpu.back()));
  }
  write_safetensors(file, views);
}

void require_shape(const SafetensorsFile& file, const TensorView& tensor, const std::vector<std::int64_t>& expected) {
  if (tensor.shape == expected) return;
  fail(ErrorKind::kInput, file.path().string(), ": tensor \"", tensor.name, "\" has the shape ",
       shape_text(tensor.shape), "; the model's configuration asks for ", shape_text(expected));
}

void require_float(const SafetensorsFile& file, const TensorView& tensor) {
  if (tensor.dtype == DType::F32 || tensor.dtype == DType::F16 || tensor.dtype == DType::BF16) return;
  fail(ErrorKind::kInput, file.path().string(), ": tensor \"", tensor.name, "\" is ", dtype_name(tensor.dtype),
       "; F32, BF16 and F16 are supported");
}

void copy_values(const TensorView& tensor, at::Tensor destination) {
  const torch::NoGradGuard no_grad;
  // A copy of its own: the file's bytes are not aligned for the dtype.
  const at::Tensor values = torch::empty(tensor.shape, scalar_type(tensor.dtype));
  BERTFORGE_CHECK(values.nbytes() == tensor.data.size() && values.sizes() == destination.sizes(), tensor.name);
  if (!tensor.data.empty()) std::memcpy(values.mutable_data_ptr(), tensor.data.data(), tensor.data.size());
  destination.copy_(values);
}

}  // namespace bertforge
