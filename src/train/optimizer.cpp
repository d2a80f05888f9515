#include "bertforge/train/optimizer.h"

#include <ATen/Parallel.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace bertforge {
namespace {

constexpr std::int64_t kBlock = 1 << 15;  // Elements of the flat tensors that one thread takes at a time.

}  // namespace

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

double AdamW::gradient_norm() const {
  const torch::NoGradGuard no_grad;
  if (is_fused()) {
    // Blocks of a fixed size, added in order: the same for every number of threads.
    const std::int64_t num_blocks = (store_.flat_size() + kBlock - 1) / kBlock;
    std::vector<double> sums(static_cast<std::size_t>(num_blocks));
    const float* const gradients = store_.gradients().const_data_ptr<float>();
    at::parallel_for(0, num_blocks, 1, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t block = first; block < last; ++block) {
        const std::int64_t end = std::min(store_.flat_size(), (block + 1) * kBlock);
        sums[static_cast<std::size_t>(block)] = kernels_->sum_of_squares(gradients, block * kBlock, end);
      }
    });
    return std::sqrt(std::accumulate(sums.begin(), sums.end(), 0.0));
  }
  // By parameter first, as torch.nn.utils.clip_grad_norm_ does: one float32 sum over all elements of a large model
  // comes out a per cent too small.
  std::vector<at::Tensor> gradients;
  for (const ParameterInfo& info : store_.parameters()) {
    gradients.push_back(ParameterStore::view(store_.gradients(), info));
  }
  return torch::stack(at::_foreach_norm(gradients)).to(torch::kDouble).norm().item<double>();
}

void AdamW::update(std::int64_t step, double learning_rate, double gradient_scale) {
  const torch::NoGradGuard no_grad;
  if (is_fused()) return update_fused(step, learning_rate, gradient_scale);
  if (gradient_scale != 1) store_.gradients().mul_(gradient_scale);
  update_range(0, store_.num_decayed(), step, learning_rate, config_.weight_decay);
  update_range(store_.num_decayed(), store_.flat_size(), step, learning_rate, 0.0);
  store_.refresh_modules();
}

void AdamW::update_fused(std::int64_t step, double learning_rate, double gradient_scale) {
  // The corrections of the numbers that the kernel computes with.
  const auto correction = [&](double beta) {
    return static_cast<float>(1 - std::pow(static_cast<double>(static_cast<float>(beta)), static_cast<double>(step)));
  };
  AdamWStep in = {.learning_rate = static_cast<float>(learning_rate),
                  .beta1 = static_cast<float>(config_.beta1),
                  .beta2 = static_cast<float>(config_.beta2),
                  .epsilon = static_cast<float>(config_.epsilon),
                  .gradient_scale = static_cast<float>(gradient_scale),
                  .correction1 = correction(config_.beta1),
                  .correction2 = correction(config_.beta2),
                  .weights = store_.weights().mutable_data_ptr<float>(),
                  .gradients = store_.gradients().const_data_ptr<float>(),
                  .exp_avg = exp_avg_.mutable_data_ptr<float>(),
                  .exp_avg_sq = exp_avg_sq_.mutable_data_ptr<float>(),
                  .copy = store_.compute_copy()};
  const auto run = [&](std::int64_t begin, std::int64_t end, double weight_decay) {
    in.weight_decay = static_cast<float>(weight_decay);
    // Whole blocks: an element is in the same place of a vector for every number of threads.
    at::parallel_for(0, (end - begin + kBlock - 1) / kBlock, 1, [&](std::int64_t first, std::int64_t last) {
      kernels_->adamw(in, begin + first * kBlock, std::min(end, begin + last * kBlock));
    });
  };
  run(0, store_.num_decayed(), config_.weight_decay);
  run(store_.num_decayed(), store_.flat_size(), 0);
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

double clip_factor(double norm, double max_norm) {
  const double factor = max_norm / (norm + 1e-6);
  return max_norm > 0 && std::isfinite(norm) && factor < 1 ? factor : 1;
}

}  // namespace bertforge
