#pragma once
// This process's part in a run: alone, or one of the ranks that a launcher started.
//
// Fed by distributed/; eaten by pretrain.cpp and training_run.h.

#include <ATen/core/Tensor.h>

#include <memory>
#include <optional>

#include "bertforge/app/prepare.h"
#include "bertforge/app/run_config.h"
#include "bertforge/app/run_folder.h"
#include "bertforge/distributed/process_group.h"
#include "command_functions.h"

namespace bertforge {

struct Rank {
  std::optional<Job> job;  // Nothing: alone.
  ProcessGroup& group;
  at::Device device;
};

// This rank's device: run.device, and of several of the host's the one of its own number.
at::Device device_of(const RunConfig& config, const std::optional<Job>& job);

// run.threads, or where that is 0 this rank's share of the host's cores; 0: what LibTorch takes.
int threads_of(const RunConfig& config, const std::optional<Job>& job);

// Meets the other ranks; null where there are none.
std::unique_ptr<ProcessGroup> join_others(const std::optional<Job>& job, const RunConfig& config, at::Device device);

// Rank 0's choose_start(), on all ranks.
RunStart choose_start_together(const RunConfig& config, const std::string& resume, ProcessGroup& group);

// prepare_data() of each rank: first rank 0's, then that of one rank of each other host, whose disk may be its own, then the
// others', who find what those made.
PreparedData prepare_in_turn(const RunConfig& config, const Rank& rank);

// Error(kUsage) on all ranks, naming what differs, where a rank has other settings than rank 0 (those of where it runs aside), or
// others of `facts`: a name and a value each.
void require_equal_ranks(ProcessGroup& group, RunConfig config, const Facts& facts);

}  // namespace bertforge
