#include "bertforge/train/optimizer.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "bertforge/base/error.h"
#include "bertforge/model/parallel_parts.h"
#include "bertforge/train/adamw.h"
#include "bertforge/train/lamb.h"
#include "flat_blocks.h"

namespace bertforge {
namespace {

constexpr std::int64_t kSwapBlock = 1 << 20;  // Elements.

template <class T>
std::unique_ptr<Optimizer> make(ParameterStore& store, const OptimizerConfig& config) {
  return std::make_unique<T>(store, config);
}

std::string algorithm_help() {
  std::string help = "What gradients do to the weights";
  for (const OptimizerEntry& entry : optimizer_table()) help += concat("; ", entry.name, ": ", entry.help);
  return help + ".";
}

std::vector<std::string> optimizer_names() {
  std::vector<std::string> names;
  for (const OptimizerEntry& entry : optimizer_table()) names.emplace_back(entry.name);
  return names;
}

}  // namespace

const std::vector<OptimizerEntry>& optimizer_table() {
  static const std::vector<OptimizerEntry> table = {
      {"adamw", "Adam with decoupled weight decay", make<AdamW>},
      {"lamb", "AdamW's update scaled for each matrix by the norm of its weights, for batches of thousands",
       make<Lamb>},
  };
  return table;
}

std::unique_ptr<Optimizer> make_optimizer(ParameterStore& store, const OptimizerConfig& config) {
  for (const OptimizerEntry& entry : optimizer_table()) {
    if (config.algorithm == entry.name) return entry.make(store, config);
  }
  fail(ErrorKind::kUsage, "optimizer.algorithm is \"", config.algorithm, "\"; ",
       allowed_names(config.algorithm, optimizer_names()));
}

void visit_fields(OptimizerConfig& config, FieldList& list) {
  list.add("algorithm", config.algorithm, algorithm_help(), optimizer_names());
  list.add("learning_rate", config.learning_rate, "Peak learning rate.", {0, 10});
  list.add("beta1", config.beta1, "Decay of the mean of the gradients.", {0, 0.999999});
  list.add("beta2", config.beta2, "Decay of the mean of their squares.", {0, 0.999999});
  list.add("epsilon", config.epsilon, "Added to the root of the mean square.", {1e-12, 1});
  list.add("weight_decay", config.weight_decay, "Decoupled decay, on all but biases and LayerNorm.", {0, 1});
  list.add("bias_correction", config.bias_correction,
           "Make up for means that begin at 0, as transformers does; google-research/bert does not.");
  list.add("clip_norm", config.clip_norm, "Upper bound of the gradient's norm; 0 for none.", {0, 1e9});
  list.add("average_decay", config.average_decay,
           "Not 0: keep an average of the weights, of which this share stays at each update (0.999: over about 1,000 "
           "updates); it is what is evaluated and saved as the model.",
           {0, 0.9999999});
  list.add("shard_state", config.shard_state,
           "Under a launcher: of the optimizer's two moments each rank keeps its share only (ZeRO stage 1), adamw "
           "alone. Saves 8 bytes a weight less that share, and costs a copy of the weights between the ranks at each "
           "update.");
}

void Optimizer::shard_over(ProcessGroup& group) {
  if (!can_be_sharded()) {
    fail(ErrorKind::kUsage, "optimizer.shard_state is true, and optimizer.algorithm \"", config_.algorithm,
         "\" needs the moments of whole matrices; only adamw's can be shared out");
  }
  shards_.emplace(group, std::vector<at::Tensor*>{&exp_avg_, &exp_avg_sq_});
}

void Optimizer::scatter_slots() {
  shards_->scatter();
  if (keeps_average()) shards_->take_from_first(other_weights_);
}

Optimizer::Optimizer(ParameterStore& store, const OptimizerConfig& config)
    : store_(store),
      config_(config),
      exp_avg_(torch::zeros_like(store.weights())),
      exp_avg_sq_(torch::zeros_like(store.weights())) {
  if (config.average_decay == 0) return;
  other_weights_ = store.weights().clone();
  swapped_block_ = torch::empty({std::min(kSwapBlock, store.flat_size())}, store.weights().options());
}

void Optimizer::update(std::int64_t step, double learning_rate, double gradient_scale) {
  BERTFORGE_CHECK(!is_swapped_, "an update of the average of the weights");
  change_weights(step, learning_rate, gradient_scale);
  if (shards_) {
    shards_->exchange(store_.weights());
    store_.refresh_modules();
  }
  if (!keeps_average()) return;
  const torch::NoGradGuard no_grad;
  // The first updates count less, as in TensorFlow's ExponentialMovingAverage: the weights they leave are far from any later.
  const double decay = std::min(config_.average_decay, static_cast<double>(1 + step) / static_cast<double>(10 + step));
  other_weights_.lerp_(store_.weights(), 1 - decay);
}

// Block by block, without memory of its own: it runs in a destructor.
void Optimizer::swap_average() {
  if (!keeps_average()) return;
  const torch::NoGradGuard no_grad;
  for (std::int64_t begin = 0; begin < store_.flat_size(); begin += kSwapBlock) {
    const std::int64_t size = std::min(kSwapBlock, store_.flat_size() - begin);
    at::Tensor weights = store_.weights().narrow(0, begin, size), others = other_weights_.narrow(0, begin, size);
    at::Tensor block = swapped_block_.narrow(0, 0, size);
    block.copy_(weights);
    weights.copy_(others);
    others.copy_(block);
  }
  is_swapped_ = !is_swapped_;
  store_.refresh_modules();
}

AveragedWeights::AveragedWeights(Optimizer& optimizer) : optimizer_(optimizer) {
  BERTFORGE_CHECK(!optimizer.is_swapped_, "the store holds the average of the weights already");
  optimizer.swap_average();
}

double Optimizer::correction(double beta, std::int64_t step) const {
  return config_.bias_correction ? 1 - std::pow(beta, static_cast<double>(step)) : 1;
}

std::vector<OptimizerSlot> Optimizer::slots() const {
  BERTFORGE_CHECK(!shards_ || shards_->gathered().size() == 2, "the moments are on several ranks");
  std::vector<OptimizerSlot> slots = {{"exp_avg", shards_ ? shards_->gathered()[0] : exp_avg_},
                                      {"exp_avg_sq", shards_ ? shards_->gathered()[1] : exp_avg_sq_}};
  if (keeps_average()) slots.push_back({kWeightsSlot, other_weights_});
  return slots;
}

double Optimizer::gradient_norm() const {
  const torch::NoGradGuard no_grad;
  if (is_fused()) return std::sqrt(sum_of_squares(store_.gradients(), 0, store_.flat_size()));
  // By parameter first, as torch.nn.utils.clip_grad_norm_ does: one float32 sum over all elements of a large model
  // comes out a per cent too small.
  std::vector<at::Tensor> gradients;
  for (const ParameterInfo& info : store_.parameters()) {
    gradients.push_back(ParameterStore::view(store_.gradients(), info));
  }
  return torch::stack(at::_foreach_norm(gradients)).to(torch::kDouble).norm().item<double>();
}

double Optimizer::sum_of_squares(const at::Tensor& flat, std::int64_t begin, std::int64_t end) const {
  // Blocks of a fixed size, added in order.
  std::vector<double> sums(static_cast<std::size_t>((end - begin + kFlatBlock - 1) / kFlatBlock));
  const float* const values = flat.const_data_ptr<float>();
  for_each_part(end - begin, kFlatBlock, [&](std::int64_t first, std::int64_t last) {
    sums[static_cast<std::size_t>(first / kFlatBlock)] = kernels_->sum_of_squares(values, begin + first, begin + last);
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

double clip_factor(double norm, double max_norm) {
  const double factor = max_norm / (norm + 1e-6);
  return max_norm > 0 && std::isfinite(norm) && factor < 1 ? factor : 1;
}

}  // namespace bertforge
