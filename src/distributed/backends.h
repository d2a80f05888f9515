#pragma once
// The engines that move tensors between ranks.

#include <chrono>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include "bertforge/distributed/job.h"

namespace bertforge {

// Tensors on the CPU, over TCP from and to this host's address on the way to the store.
c10::intrusive_ptr<c10d::Backend> make_gloo(const c10::intrusive_ptr<c10d::Store>& store, const Job& job,
                                            std::chrono::milliseconds timeout);

// Tensors on CUDA devices; in builds with BERTFORGE_WITH_CUDA.
c10::intrusive_ptr<c10d::Backend> make_nccl(const c10::intrusive_ptr<c10d::Store>& store, const Job& job,
                                            std::chrono::milliseconds timeout);

}  // namespace bertforge
