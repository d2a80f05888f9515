#include "bertforge/train/optimizer.h"

#include <torch/torch.h>

#include <cmath>

namespace bertforge {

void visit_fields(OptimizerConfig& config, FieldList& list) {
  list.add("learning_rate", config.learning_rate, "Peak learning rate.", {0, 10});
  list.add("beta1", config.beta1, "Decay of the mean of the gradients.", {0, 0.999999});
  list.add("beta2", config.beta2, "Decay of the mean of their squares.", {0, 0.999999});
  list.add("epsilon", config.epsilon, "Added to the root of the mean square.", {1e-12, 1});
  list.add("weight_decay", config.weight_decay, "Decoupled decay, on all but biases and LayerNorm.", {0, 1});
  list.add("clip_norm", config.clip_norm, "Upper bound of the gradient's norm; 0 for none.", {0, 1e9});
}

AdamW::AdamW(ParameterStore& store, const OptimizerConfig& config)
    : store_(store),
      config_(config),
      exp_avg_(torch::zeros_like(store.weights())),
      exp_avg_sq_(torch::zeros_like(store.weights())) {}

void AdamW::update(std::int64_t step, double learning_rate) {
  const torch::NoGradGuard no_grad;
  update_range(0, store_.num_decayed(), step, learning_rate, config_.weight_decay);
  update_range(store_.num_decayed(), store_.flat_size(), step, learning_rate, 0.0);
  store_.refresh_modules();
}

void AdamW::update_range(std::int64_t begin, std::int64_t end, std::int64_t step, double learning_rate,
                         double weight_decay) {
  if (begin == end) return;
  const auto part = [&](const at::Tensor& flat) { return std::vector<at::Tensor>{flat.narrow(0, begin, end - begin)}; };
  const std::vector<at::Tensor> steps = {torch::full({}, static_cast<double>(step), store_.weights().options())};
  at::_fused_adamw_(part(store_.weights()), part(store_.gradients()), part(exp_avg_), part(exp_avg_sq_), {}, steps,
                    learning_rate, config_.beta1, config_.beta2, weight_decay, config_.epsilon, /*amsgrad=*/false,
                    /*maximize=*/false);
}

std::vector<OptimizerSlot> AdamW::slots() const { return {{"exp_avg", exp_avg_}, {"exp_avg_sq", exp_avg_sq_}}; }

double clip_gradients(ParameterStore& store, double max_norm) {
  const torch::NoGradGuard no_grad;
  // By parameter first, as torch.nn.utils.clip_grad_norm_ does: one float32 sum over all elements of a large model comes out
  // a per cent too small.
  std::vector<at::Tensor> gradients;
  for (const ParameterInfo& info : store.parameters()) {
    gradients.push_back(ParameterStore::view(store.gradients(), info));
  }
  const double norm = torch::stack(at::_foreach_norm(gradients)).to(torch::kDouble).norm().item<double>();
  const double factor = max_norm / (norm + 1e-6);
  if (max_norm > 0 && std::isfinite(norm) && factor < 1) store.gradients().mul_(factor);
  return norm;
}

}  // namespace bertforge
