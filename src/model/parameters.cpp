#include "bertforge/model/parameters.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

#include "bertforge/base/error.h"
#include "bertforge/base/round_up.h"

namespace bertforge {
namespace {

// Every parameter starts on a cache line of the flat tensors, in both element sizes.
constexpr std::int64_t kAlignment = 32;

}  // namespace

bool decays(const std::string& parameter_name) {
  return !parameter_name.ends_with("bias") && parameter_name.find("LayerNorm") == std::string::npos;
}

ParameterStore::ParameterStore(torch::nn::Module& model, at::Device device, Precision precision) {
  const torch::NoGradGuard no_grad;
  auto named = model.named_parameters().pairs();
  std::stable_partition(named.begin(), named.end(), [](const auto& item) { return decays(item.first); });

  std::int64_t offset = 0;
  for (const auto& [name, parameter] : named) {
    infos_.push_back({name, parameter.sizes().vec(), offset, parameter.numel(), decays(name)});
    offset += round_up(parameter.numel(), kAlignment);
    if (infos_.back().decays) num_decayed_ = offset;
  }
  const auto options = at::TensorOptions().dtype(at::kFloat).device(device);
  weights_ = at::zeros({offset}, options);
  gradients_ = at::zeros({offset}, options);
  if (precision != Precision::kFloat32) compute_copy_ = at::zeros({offset}, options.dtype(scalar_type(precision)));

  for (std::size_t i = 0; i < named.size(); ++i) {
    at::Tensor parameter = named[i].second;
    view(weights_, infos_[i]).copy_(parameter);
    parameter.set_data(view(compute_copy_.defined() ? compute_copy_ : weights_, infos_[i]));
    // Gradients of float32 modules are gathered in place; those of 16 bits are added by collect_gradients().
    if (!compute_copy_.defined()) parameter.mutable_grad() = view(gradients_, infos_[i]);
    module_parameters_.push_back(parameter);
    gradient_views_[parameter.const_data_ptr()] = view(gradients_, infos_[i]);
  }
  refresh_modules();
}

std::int64_t ParameterStore::num_parameters() const {
  std::int64_t count = 0;
  for (const ParameterInfo& info : infos_) count += info.size;
  return count;
}

at::Tensor ParameterStore::view(const at::Tensor& flat, const ParameterInfo& info) {
  return flat.narrow(0, info.offset, info.size).view(info.shape);
}

at::Tensor ParameterStore::gradient_of(const at::Tensor& module_parameter) const {
  const auto found = gradient_views_.find(module_parameter.const_data_ptr());
  BERTFORGE_CHECK(found != gradient_views_.end(), "the parameter is not of this store's model");
  return found->second;
}

Bfloat16* ParameterStore::compute_copy() {
  if (!compute_copy_.defined()) return nullptr;
  BERTFORGE_CHECK(compute_copy_.scalar_type() == at::kBFloat16, "kernels know no float16");
  return static_cast<Bfloat16*>(compute_copy_.mutable_data_ptr());
}

void ParameterStore::zero_gradients() {
  gradients_.zero_();
  if (!compute_copy_.defined()) return;
  // A pass that did not come to its end may have left some.
  for (at::Tensor& parameter : module_parameters_) parameter.mutable_grad().reset();
}

void ParameterStore::collect_gradients() {
  if (!compute_copy_.defined()) return;
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < infos_.size(); ++i) {
    at::Tensor& gradient = module_parameters_[i].mutable_grad();
    if (!gradient.defined()) continue;
    view(gradients_, infos_[i]).add_(gradient);
    gradient.reset();
  }
}

void ParameterStore::refresh_modules() {
  if (compute_copy_.defined()) compute_copy_.copy_(weights_);
}

}  // namespace bertforge
