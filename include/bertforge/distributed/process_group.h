#pragma once
// The processes that train one model together, and what they do together: sums, copies from one to all, meetings.
//
// Each call here is made by every rank, in the same order; a tensor has the same shape and type on all of them. Sums are the
// same bits on every rank. A rank that dies or hangs ends the calls of the others with Error(kEnvironment), which names it.
// Without a launcher there is the group of one, whose calls cost nothing. Fed by job.h; eaten by train/ and app/.
// Engines: c10d's Gloo on the CPU and NCCL on CUDA; its TCPStore for meeting and for the signs of life.

#include <ATen/core/Tensor.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bertforge/distributed/job.h"

namespace bertforge {

// A call that is under way.
class PendingCall {
 public:
  virtual ~PendingCall() = default;
  virtual void wait() = 0;  // Until it is done on this rank.
  // When it was done; nothing where that is not known, or it is not.
  virtual std::optional<std::chrono::steady_clock::time_point> end() const { return std::nullopt; }
};

class ProcessGroup {
 public:
  virtual ~ProcessGroup() = default;

  virtual int rank() const = 0;
  virtual int num_ranks() const = 0;
  bool is_first() const { return rank() == 0; }  // It alone writes files and speaks.
  bool is_alone() const { return num_ranks() == 1; }

  // In place, element by element over all ranks. `tensor` is dense; nothing may touch it until the call is done.
  virtual std::unique_ptr<PendingCall> start_sum(const at::Tensor& tensor) = 0;
  // In place: what the rank `from` has.
  virtual std::unique_ptr<PendingCall> start_copy(const at::Tensor& tensor, int from) = 0;
  void sum(const at::Tensor& tensor) { start_sum(tensor)->wait(); }
  void copy(const at::Tensor& tensor, int from) { start_copy(tensor, from)->wait(); }

  // Element by element over all ranks; the numbers of elements are equal.
  std::vector<std::int64_t> total(const std::vector<std::int64_t>& values);
  std::vector<double> total(const std::vector<double>& values);

  // On rank 0 what every rank has to say, by rank; on the others nothing. A few kilobytes each.
  virtual std::vector<std::string> gather_on_first(const std::string& text) = 0;
  // Rank 0's text, on all ranks.
  virtual std::string told_by_first(const std::string& text) = 0;

  // Until all ranks have come here, however long that takes.
  virtual void meet() = 0;

  // Error(kEnvironment) where a rank is lost: for long work between calls.
  virtual void check() = 0;

  // To the other ranks: this one ends with an error, and they need not wait. At the end of run_as_rank().
  virtual void say_failure(const std::string& what) = 0;
};

// The group of one.
ProcessGroup& solo_group();

struct JoinSettings {
  std::string identity;                       // Program and version: ranks with another one are refused.
  std::chrono::milliseconds rank_timeout{0};  // How long a call, or a rank that has not come yet, is waited for.
  bool uses_cuda = false;                     // This rank's tensors are on a CUDA device as well
};

// Meets the other ranks of the job. Error(kEnvironment): they did not all come in time, the address is not this host's or is
// taken, or what answers there is another program or another version.
std::unique_ptr<ProcessGroup> join_job(const Job& job, const JoinSettings& settings);

// What `body` returns; where it throws, the other ranks are told why.
int run_as_rank(ProcessGroup& group, const std::function<int()>& body);

}  // namespace bertforge
