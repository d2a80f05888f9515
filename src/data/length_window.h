#pragma once
// A window of a shuffled epoch in batches of examples of like length, so that what is padded to the longest wastes little.
//
// Fed by epoch_plan.h; eaten by example_cursor.h.

#include <cstdint>
#include <span>
#include <vector>

#include "bertforge/data/epoch_plan.h"

namespace bertforge {

// How many examples make a batch.
struct BatchSize {
  std::int64_t sequences = 1;
  std::int64_t tokens = 0;  // Not 0: that many tokens instead, one example at least.

  // Whether one more example of `length` tokens belongs to a batch that has some already.
  bool has_room(std::int64_t num_sequences, std::int64_t num_tokens, std::int64_t length) const {
    if (num_sequences == 0) return true;
    return tokens == 0 ? num_sequences < sequences : num_tokens + length <= tokens;
  }
};

class LengthWindow {
 public:
  // Window `number` of an epoch, whose windows have `window_size` places each but for the last.
  LengthWindow(const EpochPlan& plan, std::int64_t number, std::int64_t window_size, BatchSize size);

  std::int64_t number() const { return number_; }

  // The places of the batch that comes when `num_seen` examples of the window were seen; empty where no batch begins there.
  std::span<const std::int64_t> batch_after(std::int64_t num_seen) const;

 private:
  std::int64_t number_;
  std::vector<std::int64_t> positions_;  // Batch after batch.
  std::vector<std::int64_t> begins_;     // Of the batches in positions_, and their end; ascending.
};

}  // namespace bertforge
