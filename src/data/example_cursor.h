#pragma once
// A position in the stream of epochs, handed out batch by batch.

#include <memory>
#include <mutex>
#include <vector>

#include "bertforge/data/batch_loader.h"
#include "bertforge/data/example_maker.h"

namespace bertforge {

// Examples of one epoch, [begin, end).
struct EpochSlice {
  std::shared_ptr<const EpochPlan> plan;
  std::int64_t begin = 0, end = 0;
};

// Thread-safe. Holds the plan of the epoch it stands in.
class ExampleCursor {
 public:
  // `maker` outlives it. Error(kInput) where `start` lies outside its epoch.
  ExampleCursor(const ExampleMaker& maker, const CounterRandom& random, int num_threads, DataPosition start);

  // The next `num_examples` examples, over as many epochs as that takes. Then `next` is where those after them begin.
  std::vector<EpochSlice> take(std::int64_t num_examples, DataPosition& next);

 private:
  void enter_epoch(std::int64_t epoch);

  const ExampleMaker& maker_;
  const CounterRandom random_;
  const int num_threads_;
  std::mutex mutex_;
  DataPosition position_;
  std::shared_ptr<const EpochPlan> plan_;  // Of position_.epoch; nullptr where it could not be made.
};

}  // namespace bertforge
