#pragma once
// Objectives: what the encoder is asked to do, each as a loss term that keeps its sum and its count apart.
//
// The training loss is the sum over terms of sum / count, the counts those of the whole global batch: accumulation, uneven
// masks and ranks stay exact because nothing is averaged early. A batch without targets has count 0 and gives 0, not NaN.
// Fed by model/bert.h; eaten by train/. Source: Devlin et al. 2019, section 3.1; reference: transformers BertForPreTraining.
//   B  sequences   T  positions   H  hidden size   R  rows that a loss reads

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bertforge/data/batch.h"
#include "bertforge/model/bert.h"
#include "bertforge/model/input.h"

namespace bertforge {

// The loss of one objective on one part of a global batch.
struct LossTerm {
  std::string name;             // "masked_lm"
  at::Tensor sum;               // Scalar, float32, differentiable: the sum of the losses of all targets, in nats
  std::int64_t count = 0;       // Targets
  at::Tensor predictions;       // [count] int64, the most likely class, without gradient
  at::Tensor labels;            // [count] int64
  std::size_t num_classes = 0;  // As its objective has it
};

class Objective {
 public:
  virtual ~Objective() = default;
  virtual std::string name() const = 0;
  // Where accuracies are told apart by class; 0: too many for that.
  virtual std::size_t num_classes() const { return 0; }
  // How many targets a batch has for this objective: known before the forward pass.
  virtual std::int64_t count(const Batch& batch) const = 0;
  // [R] int64: the rows of the last hidden state, taken as [B * T, H], that the loss reads.
  virtual at::Tensor rows(const PreTrainingBatch& batch) const = 0;
  // `hidden` [R, H] is the encoder's last hidden state there.
  virtual LossTerm loss(BertForPreTraining& model, const at::Tensor& hidden, const PreTrainingBatch& batch) const = 0;
};

// A row of the table of objectives. A new one is a .cpp, a line in objective.cpp, and a test.
struct ObjectiveEntry {
  std::string name, help;
  std::unique_ptr<Objective> (*make)();
};

const std::vector<ObjectiveEntry>& objective_table();

// The objectives of those names, in the order given; Error(kUsage) with the nearest name, on a repeated one, and on none.
std::vector<std::unique_ptr<Objective>> make_objectives(const std::vector<std::string>& names);

// The terms of all objectives on a part of a batch, in their order: one pass of the encoder, which computes the rows that
// they read (context.output_rows is set here), and no pass where they read none.
std::vector<LossTerm> loss_terms(BertForPreTraining& model, const std::vector<std::unique_ptr<Objective>>& objectives,
                                 const PreTrainingBatch& batch, ForwardContext context);

}  // namespace bertforge
