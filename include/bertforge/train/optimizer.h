#pragma once
// AdamW over the flat store: two ranges, one with weight decay and one without.
//
// Source: Loshchilov and Hutter 2019; torch.optim.AdamW. The arithmetic is that of kernels/adamw.h on the CPU, in one
// pass with the modules' copy, and of LibTorch's fused implementation elsewhere and on the plain path.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "bertforge/base/field_list.h"
#include "bertforge/kernels/kernel_table.h"
#include "bertforge/model/parameters.h"

namespace bertforge {

struct OptimizerConfig {
  double learning_rate = 1e-4;
  double beta1 = 0.9, beta2 = 0.999;
  double epsilon = 1e-6;
  double weight_decay = 0.01;
  double clip_norm = 1.0;

  bool operator==(const OptimizerConfig&) const = default;
};

void visit_fields(OptimizerConfig& config, FieldList& list);

// A flat tensor of the optimizer's state, laid out as the store: a checkpoint saves it parameter by parameter, by name.
struct OptimizerSlot {
  std::string name;   // "exp_avg"
  at::Tensor values;  // [flat_size] float32
};

class AdamW {
 public:
  // `store` outlives the optimizer. It is on the plain path until choose_kernels().
  AdamW(ParameterStore& store, const OptimizerConfig& config);
  void choose_kernels(const KernelTable* kernels) { kernels_ = kernels; }  // Null: the plain path.

  // The norm of all gradients together.
  double gradient_norm() const;

  // One update of store.weights() from store.gradients() times `gradient_scale` (clip_factor()); refreshes the modules'
  // copy. `step` counts updates from 1 (for the bias correction). Gradients are left as they are, or scaled.
  void update(std::int64_t step, double learning_rate, double gradient_scale = 1);

  std::vector<OptimizerSlot> slots() const;

 private:
  void update_range(std::int64_t begin, std::int64_t end, std::int64_t step, double learning_rate, double weight_decay);
  void update_fused(std::int64_t step, double learning_rate, double gradient_scale);
  bool is_fused() const { return kernels_ != nullptr && store_.weights().is_cpu(); }

  ParameterStore& store_;
  OptimizerConfig config_;
  const KernelTable* kernels_ = nullptr;
  at::Tensor exp_avg_, exp_avg_sq_;  // [flat_size] float32
};

// What gradients of that norm are multiplied by so that it is at most `max_norm` (0: any):
// torch.nn.utils.clip_grad_norm_'s rule. 1 for a norm that is not finite.
double clip_factor(double norm, double max_norm);

}  // namespace bertforge
