#pragma once
// How the ranks of a job make themselves known to each other, before anything is watched or sent.

#include <chrono>
#include <string>
#include <torch/csrc/distributed/c10d/Store.hpp>
#include <vector>

#include "bertforge/distributed/job.h"

namespace bertforge {

// Says who this rank is and waits for all: their names, by rank, "rank 2 (node7, process 4711)". Error(kEnvironment) on all ranks
// where one has not come in time, or has another identity than rank 0.
std::vector<std::string> introduce(c10d::Store& store, const Job& job, const std::string& identity,
                                   std::chrono::milliseconds timeout);

}  // namespace bertforge
