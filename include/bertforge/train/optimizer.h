#pragma once
// AdamW over the flat store: two ranges, one with weight decay and one without.
//
// Source: Loshchilov and Hutter 2019; torch.optim.AdamW, whose fused implementation in LibTorch does the arithmetic.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "bertforge/base/field_list.h"
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
  // `store` outlives the optimizer.
  AdamW(ParameterStore& store, const OptimizerConfig& config);

  // One update of store.weights() from store.gradients(); refreshes the modules' copy. `step` counts updates from 1 (for the
  // bias correction).
  void update(std::int64_t step, double learning_rate);

  std::vector<OptimizerSlot> slots() const;

 private:
  void update_range(std::int64_t begin, std::int64_t end, std::int64_t step, double learning_rate, double weight_decay);

  ParameterStore& store_;
  OptimizerConfig config_;
  at::Tensor exp_avg_, exp_avg_sq_;  // [flat_size] float32
};

// Scales the gradients so that their norm over all parameters is at most `max_norm` (0: as they are); returns the norm before.
// A norm that is not finite leaves them alone.
double clip_gradients(ParameterStore& store, double max_norm);

}  // namespace bertforge
