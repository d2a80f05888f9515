#pragma once
// The gradients of all ranks added up, while the backward pass still runs.
//
// The weights of an encoder layer lie one after the other in the flat store, and their gradients are done when the backward pass
// has left the layer: a bucket of such layers is sent as soon as the last of them is done. What is left goes at the end. All ranks
// send the same buckets in the same order, whatever order theirs are done in.
// Fed by model/parameters.h and gradients.h; uses distributed/. Source: Li et al. 2020, PyTorch Distributed, section 3.2.

#include <cstdint>
#include <memory>
#include <vector>

#include "bertforge/distributed/process_group.h"
#include "bertforge/formats/chrome_trace.h"
#include "bertforge/model/parameters.h"

namespace bertforge {

class GradientExchange {
 public:
  static constexpr std::int64_t kBucketElements = std::int64_t{1} << 20;

  // Store and group outlive it. Buckets have at least so many elements, where layers are smaller several layers.
  GradientExchange(ParameterStore& store, ProcessGroup& group, std::int64_t bucket_elements = kBucketElements);
  ~GradientExchange();
  GradientExchange(const GradientExchange&) = delete;
  GradientExchange& operator=(const GradientExchange&) = delete;

  // Each sum as a span on a lane of its own, and the time that was waited for them. The trace outlives this.
  void record_to(ChromeTrace* trace) { trace_ = trace; }

  // Before the last backward pass of an update: what it is done with may be sent.
  void begin();
  // Where that pass failed and is tried again. Error(kEnvironment): something has been sent, and the other ranks have added it.
  void cancel();
  // When the store has all gradients of this rank: returns when it has those of all ranks.
  void finish();

 private:
  struct Bucket {
    FlatRange range;
    std::int64_t num_weights = 0;
    std::int64_t num_done = 0;
  };
  struct Sum {
    std::unique_ptr<PendingCall> call;
    ChromeTrace::Clock::time_point begin;
    const char* name;
  };

  void note(const FlatRange& weight);
  void send_done_ones();
  void send(const FlatRange& range, const char* name);

  ParameterStore& store_;
  ProcessGroup& group_;
  std::vector<Bucket> buckets_;  // In the order in which a backward pass comes to them
  std::vector<FlatRange> rest_;
  std::size_t num_sent_ = 0;  // Of the buckets
  bool is_on_ = false;
  std::vector<Sum> pending_;
  ChromeTrace* trace_ = nullptr;
};

}  // namespace bertforge
