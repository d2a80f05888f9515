#pragma once
// Forward and backward passes over one global batch: what stands between a batch and an update.
//
// Fed by data/batch_loader.h and model/bert.h; eaten by trainer.h and by `bertforge benchmark train`.

#include <cstdint>
#include <memory>
#include <vector>

#include "bertforge/data/batch_loader.h"
#include "bertforge/model/bert.h"
#include "bertforge/model/parameters.h"
#include "bertforge/objective/objective.h"
#include "bertforge/train/metrics.h"

namespace bertforge {

// Adds the gradients of the batch's loss to those of the store, part by part, each term divided by its count over the
// whole batch; returns the terms. `dropout_key` is of (seed, step).
std::vector<TermMetrics> accumulate_gradients(BertForPreTraining& model, ParameterStore& store,
                                              const std::vector<std::unique_ptr<Objective>>& objectives,
                                              const GlobalBatch& batch, std::uint64_t dropout_key, at::Device device);

}  // namespace bertforge
