#pragma once
// What a run says before its first update.

#include <ATen/core/Tensor.h>

#include "bertforge/app/prepare.h"
#include "bertforge/app/run_config.h"
#include "bertforge/data/batch_loader.h"
#include "bertforge/model/parameters.h"

namespace bertforge {

// The size of model, data and updates, and where it computes; warnings about the training data.
void log_start_up(const RunConfig& config, const PreparedData& data, const ParameterStore& store, at::Device device);

// "5,328,194"
std::string grouped(std::int64_t count);

}  // namespace bertforge
