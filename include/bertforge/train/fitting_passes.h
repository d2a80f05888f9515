#pragma once
// The passes of an update, as large as memory allows: where a batch does not fit, it goes through in parts of half as many
// sequences, and so do the batches after it.
//
// A part's dropout is keyed by its place in the global batch and its loss divided by the count of the whole, so results
// differ by rounding only. Fed by trainer.h.

#include <cstdint>
#include <functional>
#include <vector>

#include "bertforge/data/batch_loader.h"
#include "bertforge/train/metrics.h"

namespace bertforge {

class FittingPasses {
 public:
  // Forward and backward over all micro-batches, from gradients of zero.
  using Passes = std::function<std::vector<TermMetrics>(const GlobalBatch&)>;

  // What `passes` returns for the batch, or for its parts where it runs out of memory (is_out_of_memory of model/device.h). Its
  // exception comes out where a single sequence does not fit. `release` is called before it is tried again: it gives back what
  // the passes that failed have kept.
  std::vector<TermMetrics> run(
      const GlobalBatch& batch, const Passes& passes, const std::function<void()>& release = [] {});

  // Sequences of a pass, as found; 0 while every batch fitted as it came.
  std::int64_t most_sequences() const { return most_sequences_; }

 private:
  void halve(const GlobalBatch& tried);

  std::int64_t most_sequences_ = 0;
};

}  // namespace bertforge
