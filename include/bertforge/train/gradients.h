#pragma once
// Forward and backward passes over one global batch: what stands between a batch and an update.
//
// Fed by data/batch_loader.h and model/bert.h; eaten by trainer.h and by `bertforge benchmark train`.

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "bertforge/data/batch_loader.h"
#include "bertforge/model/bert.h"
#include "bertforge/model/parameters.h"
#include "bertforge/objective/objective.h"
#include "bertforge/train/gradient_exchange.h"
#include "bertforge/train/metrics.h"

namespace bertforge {

// How the passes of an update run.
struct PassSettings {
  std::uint64_t dropout_key = 0;  // Of (seed, step).
  at::Device device = at::kCPU;
  bool checkpoints_activations = false;  // As ForwardContext has it.
  double loss_scale = 1;                 // Gradients come out that many times as large (loss_scaler.h).
  // Targets of each objective in the whole global batch, over all ranks; empty: the batch is the whole.
  std::vector<std::int64_t> target_counts = {};
  GradientExchange* exchange = nullptr;  // Told before the last backward pass
  ChromeTrace* trace = nullptr;          // Has forward and backward passes as spans
};

// Targets of each objective in the batch.
std::vector<std::int64_t> count_targets(const std::vector<std::unique_ptr<Objective>>& objectives,
                                        const GlobalBatch& batch);

// Adds the gradients of the batch's loss to those of the store, part by part, each term divided by its count over the
// whole batch; returns the terms.
std::vector<TermMetrics> accumulate_gradients(BertForPreTraining& model, ParameterStore& store,
                                              const std::vector<std::unique_ptr<Objective>>& objectives,
                                              const GlobalBatch& batch, const PassSettings& settings);

// The same for a model without a store, in any precision: gradients are added to its parameters'. `after_backward` is called
// behind the backward pass of each part that has a target.
std::vector<TermMetrics> add_module_gradients(
    BertForPreTraining& model, const std::vector<std::unique_ptr<Objective>>& objectives, const GlobalBatch& batch,
    const PassSettings& settings, const std::function<void()>& after_backward = [] {});

}  // namespace bertforge
