#pragma once
// Optimizers over the flat store: what a gradient does to the weights. A visible table; a new one is a class and a line.
//
// Fed by model/parameters.h; driven by trainer.h, saved by checkpoint/ slot by slot.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bertforge/base/field_list.h"
#include "bertforge/kernels/kernel_table.h"
#include "bertforge/model/parameters.h"
#include "bertforge/train/optimizer_shards.h"

namespace bertforge {

struct OptimizerConfig {
  std::string algorithm = "adamw";
  double learning_rate = 1e-4;
  double beta1 = 0.9, beta2 = 0.999;
  double epsilon = 1e-6;
  double weight_decay = 0.01;
  bool bias_correction = true;
  double clip_norm = 1.0;
  double average_decay = 0;  // Not 0: an average of the weights is kept, evaluated and saved as the model.
  bool shard_state = false;  // Of several ranks each keeps the moments of its share of the weights.

  bool operator==(const OptimizerConfig&) const = default;
};

void visit_fields(OptimizerConfig& config, FieldList& list);

// The slot of what training goes on from, where the model saved is an average of the weights.
inline constexpr const char* kWeightsSlot = "weights";

// A flat tensor of the optimizer's state, laid out as the store: a checkpoint saves it parameter by parameter, by name.
struct OptimizerSlot {
  std::string name;   // "exp_avg"
  at::Tensor values;  // [flat_size] float32
};

class Optimizer {
 public:
  // `store` outlives the optimizer. It is on the plain path until choose_kernels().
  Optimizer(ParameterStore& store, const OptimizerConfig& config);
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  void choose_kernels(const KernelTable* kernels) { kernels_ = kernels; }  // Null: the plain path.

  // The norm of all gradients together.
  double gradient_norm() const;

  // One update of store.weights() from store.gradients() times `gradient_scale` (clip_factor()); refreshes the modules'
  // copy. `step` counts updates from 1 (for the bias correction). Gradients are left as they are, or scaled.
  void update(std::int64_t step, double learning_rate, double gradient_scale = 1);

  // The means of the gradients and of their squares; and with an average of the weights that one, as AveragedWeights has it.
  std::vector<OptimizerSlot> slots() const;

  // From now on this rank keeps the moments of its share of the weights only (optimizer_shards.h). Before the first update; slots()
  // has the moments on rank 0 alone, before scatter_slots() and from gather_slots() to drop_slots(). The group outlives this.
  // Error(kUsage): the algorithm looks at whole matrices.
  void shard_over(ProcessGroup& group);
  bool is_sharded() const { return shards_.has_value(); }
  void gather_slots() { shards_->gather(); }  // Called by every rank
  void scatter_slots();                       // Called by every rank
  void drop_slots() { shards_->drop(); }

  bool keeps_average() const { return other_weights_.defined(); }

 protected:
  virtual void change_weights(std::int64_t step, double learning_rate, double gradient_scale) = 0;
  virtual bool can_be_sharded() const { return false; }

  // The flat elements whose moments are here: all of them, or this rank's share. Moments begin with the first of these.
  FlatRange own_range() const { return shards_ ? shards_->own() : FlatRange{0, store_.flat_size()}; }

  bool is_fused() const { return kernels_ != nullptr && store_.weights().is_cpu(); }
  // Of elements [begin, end) of a flat tensor, the same for every number of threads. REQUIRES: is_fused().
  double sum_of_squares(const at::Tensor& flat, std::int64_t begin, std::int64_t end) const;

  // 1 - beta^step, or 1 without bias correction.
  double correction(double beta, std::int64_t step) const;

  ParameterStore& store_;
  const OptimizerConfig config_;
  const KernelTable* kernels_ = nullptr;
  at::Tensor exp_avg_, exp_avg_sq_;  // [own_range().size()] float32

 private:
  friend class AveragedWeights;
  void swap_average();

  // [flat_size] float32: the average, or the weights while the store has that; undefined: none.
  at::Tensor other_weights_;
  at::Tensor swapped_block_;  // What a block of an exchange goes through.
  bool is_swapped_ = false;
  std::optional<OptimizerShards> shards_;
};

// While it lives the store holds the average of the weights, where the optimizer keeps one: what is evaluated, and what a
// checkpoint has as the model. Error(kInternal) where there is one already, and for an update meanwhile.
class AveragedWeights {
 public:
  explicit AveragedWeights(Optimizer& optimizer);
  ~AveragedWeights() { optimizer_.swap_average(); }
  AveragedWeights(const AveragedWeights&) = delete;
  AveragedWeights& operator=(const AveragedWeights&) = delete;

 private:
  Optimizer& optimizer_;
};

struct OptimizerEntry {
  const char* name;
  const char* help;
  std::unique_ptr<Optimizer> (*make)(ParameterStore& store, const OptimizerConfig& config);
};

const std::vector<OptimizerEntry>& optimizer_table();

// The optimizer that config.algorithm names; Error(kUsage) with the nearest name.
std::unique_ptr<Optimizer> make_optimizer(ParameterStore& store, const OptimizerConfig& config);

// What gradients of that norm are multiplied by so that it is at most `max_norm` (0: any):
// torch.nn.utils.clip_grad_norm_'s rule. 1 for a norm that is not finite.
double clip_factor(double norm, double max_norm);

}  // namespace bertforge
