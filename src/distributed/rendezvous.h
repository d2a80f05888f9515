#pragma once
// Where the ranks of a job find each other: a TCPStore on the address that the launcher names, and on no other.

#include <chrono>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include "bertforge/distributed/job.h"

namespace bertforge {

// Rank 0 opens the store (or finds its launcher's), the others connect to it. Keys of one attempt are apart from those of another.
// Error(kEnvironment): the address cannot be listened on, nothing answers in time, or what answers is no such store.
c10::intrusive_ptr<c10d::Store> open_store(const Job& job, std::chrono::milliseconds timeout);

// Another connection to the same store: a call that waits on one does not hold up the other.
c10::intrusive_ptr<c10d::Store> connect_again(const Job& job, std::chrono::milliseconds timeout);

// This host's address on the way to the store: where the other ranks reach it.
std::string own_address(const Job& job);

}  // namespace bertforge
