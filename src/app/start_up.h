#pragma once
// What a run says before its first update.

#include <ATen/core/Tensor.h>

#include <string>

#include "bertforge/app/prepare.h"
#include "bertforge/app/run_config.h"
#include "bertforge/data/batch_loader.h"
#include "bertforge/model/parameters.h"

namespace bertforge {

// The size of model, data and updates, where it computes, and what memory that takes; warnings about the training data,
// and about memory that is not there. `kernels` is what the model's KernelChoice is called.
void log_start_up(const RunConfig& config, const PreparedData& data, const ParameterStore& store, at::Device device,
                  const std::string& kernels);

}  // namespace bertforge
