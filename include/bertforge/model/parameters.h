#pragma once
// The flat store: all weights of a model in one tensor, their gradients in another of the same layout.
//
// The optimizer, gradient clipping, all-reduce and checkpoints see flat tensors; modules see views with their own names
// and shapes. Parameters under weight decay come first, so that both groups are one range each. In mixed precision the
// modules compute with a copy of 16 bits a number, and the float32 masters here are what the optimizer changes and what is saved.
// LayerNorms, which compute in float32 always, see the masters: rounding their few weights would save nothing and was
// most of what our gradients in bfloat16 were farther from the truth than autocast's (tests/interop/gradients_test.py).
// Fed by bert.h (any module); eaten by train/ and checkpoint/.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "bertforge/kernels/bfloat16.h"
#include "bertforge/model/device.h"

namespace torch::nn {
class Module;
}

namespace bertforge {

struct ParameterInfo {
  std::string name;  // As named_parameters() has it
  std::vector<std::int64_t> shape;
  std::int64_t offset = 0, size = 0;  // In elements of the flat tensors
  bool decays = false;                // Weight decay applies: everything but biases and LayerNorm
};

// Elements [begin, end) of the flat tensors.
struct FlatRange {
  std::int64_t begin = 0, end = 0;
  std::int64_t size() const { return end - begin; }
};

class ParameterStore {
 public:
  // Moves the parameters of `model` into the store, on `device`; the model computes in `precision` from now on.
  // The model outlives the store.
  ParameterStore(torch::nn::Module& model, at::Device device, Precision precision);
  ParameterStore(const ParameterStore&) = delete;
  ParameterStore& operator=(const ParameterStore&) = delete;

  const std::vector<ParameterInfo>& parameters() const { return infos_; }
  std::int64_t num_parameters() const;  // Elements, without alignment gaps.
  std::int64_t flat_size() const { return weights_.numel(); }
  std::int64_t num_decayed() const { return num_decayed_; }  // Flat elements [0, num_decayed) decay, the rest do not.

  at::Tensor& weights() { return weights_; }      // [flat_size] float32
  at::Tensor& gradients() { return gradients_; }  // [flat_size] float32
  const at::Tensor& gradients() const { return gradients_; }
  // [flat_size] What modules but LayerNorms compute with, on the CPU; null in float32. REQUIRES: not in float16.
  Bfloat16* compute_copy();

  // The part of a flat tensor (weights, gradients, an optimizer's moment) that belongs to one parameter, in its shape.
  static at::Tensor view(const at::Tensor& flat, const ParameterInfo& info);

  // The float32 gradient of one of the model's own parameters, in its shape: a part of gradients().
  at::Tensor gradient_of(const at::Tensor& module_parameter) const;

  void zero_gradients();

  // After every backward: adds what the modules gathered in their precision to the float32 gradients.
  void collect_gradients();

  // While a listener is set, backward passes tell it of weights, in their course, whose gradients they will not change any more. Not
  // of all weights, and from the thread of the backward pass. Empty: none.
  using GradientListener = std::function<void(const FlatRange& range)>;
  void set_gradient_listener(GradientListener listener);

  // By a backward pass that writes to gradient_of() itself: it is done with this parameter.
  void announce_gradient(const at::Tensor& module_parameter) const;

  // After every change of weights(): brings the modules' copy up to date.
  void refresh_modules();

 private:
  void collect_gradient(std::size_t index);

  std::vector<ParameterInfo> infos_;
  std::vector<at::Tensor> module_parameters_;
  std::unordered_map<const void*, at::Tensor> gradient_views_;  // By the address of the module's values.
  GradientListener listener_;
  at::Tensor weights_, gradients_;
  at::Tensor compute_copy_;  // [flat_size] bfloat16 or float16, LayerNorms' parts unused; undefined in float32
  std::int64_t num_decayed_ = 0;
};

// Whether weight decay applies to a parameter of this name: not to biases and LayerNorm (Google, Hugging Face).
bool decays(const std::string& parameter_name);

}  // namespace bertforge
