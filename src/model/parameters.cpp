#include "bertforge/model/parameters.h"

#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

#include "bertforge/base/error.h"
#include "bertforge/base/round_up.h"

namespace bertforge {
namespace {

// Every parameter starts on a cache line of the flat tensors, in both element sizes.
constexpr std::int64_t kAlignment = 32;

// What autograd calls when it has added to the gradient of a parameter.
class AfterAccumulation : public torch::autograd::PostAccumulateGradHook {
 public:
  explicit AfterAccumulation(std::function<void()> act) : act_(std::move(act)) {}
  void operator()(const torch::autograd::Variable&) override { act_(); }

 private:
  std::function<void()> act_;
};

bool is_layer_norm(const std::string& parameter_name) { return parameter_name.find("LayerNorm") != std::string::npos; }

}  // namespace

bool decays(const std::string& parameter_name) {
  return !parameter_name.ends_with("bias") && !is_layer_norm(parameter_name);
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
    auto& [name, parameter] = named[i];
    view(weights_, infos_[i]).copy_(parameter);
    const bool is_float = !compute_copy_.defined() || is_layer_norm(name);
    parameter.set_data(view(is_float ? weights_ : compute_copy_, infos_[i]));
    // Gradients of float32 parameters are gathered in place; those of 16 bits are added by collect_gradients().
    if (is_float) parameter.mutable_grad() = view(gradients_, infos_[i]);
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

void ParameterStore::set_gradient_listener(GradientListener listener) {
  listener_ = std::move(listener);
  for (std::size_t i = 0; i < infos_.size(); ++i) {
    std::unique_ptr<torch::autograd::PostAccumulateGradHook> hook;
    if (listener_) {
      hook = std::make_unique<AfterAccumulation>([this, i] {
        collect_gradient(i);
        listener_({infos_[i].offset, infos_[i].offset + infos_[i].size});
      });
    }
    torch::autograd::impl::set_post_acc_grad_hooks(module_parameters_[i], std::move(hook));
  }
}

void ParameterStore::announce_gradient(const at::Tensor& module_parameter) const {
  if (!listener_) return;
  const at::Tensor gradient = gradient_of(module_parameter);
  listener_({gradient.storage_offset(), gradient.storage_offset() + gradient.numel()});
}

Bfloat16* ParameterStore::compute_copy() {
  if (!compute_copy_.defined()) return nullptr;
  BERTFORGE_CHECK(compute_copy_.scalar_type() == at::kBFloat16, "kernels know no float16");
  return static_cast<Bfloat16*>(compute_copy_.mutable_data_ptr());
}

void ParameterStore::zero_gradients() {
  gradients_.zero_();
  // A pass that did not come to its end may have left some.
  for (at::Tensor& parameter : module_parameters_) {
    if (parameter.scalar_type() != at::kFloat) parameter.mutable_grad().reset();
  }
}

void ParameterStore::collect_gradients() {
  for (std::size_t i = 0; i < infos_.size(); ++i) collect_gradient(i);
}

void ParameterStore::collect_gradient(std::size_t index) {
  at::Tensor& gradient = module_parameters_[index].mutable_grad();
  if (!gradient.defined() || gradient.scalar_type() == at::kFloat) return;  // In place already.
  const torch::NoGradGuard no_grad;
  view(gradients_, infos_[index]).add_(gradient);
  gradient.reset();
}

void ParameterStore::refresh_modules() {
  if (compute_copy_.defined()) compute_copy_.copy_(weights_);
}

}  // namespace bertforge
