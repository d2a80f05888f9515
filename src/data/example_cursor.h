#pragma once
// A position in the stream of epochs, handed out batch by batch.

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bertforge/data/batch_loader.h"
#include "bertforge/data/example_maker.h"
#include "length_window.h"

namespace bertforge {

// Examples of one epoch, by their places in its shuffled order.
struct EpochExamples {
  std::shared_ptr<const EpochPlan> plan;
  std::vector<std::int64_t> positions;
};

// Thread-safe. Holds the plan of the epoch it stands in, and the window.
class ExampleCursor {
 public:
  // `maker` outlives it. Error(kInput) where `start` lies outside its epoch, inside of a batch, or belongs to another order.
  ExampleCursor(const ExampleMaker& maker, const LoaderConfig& config, DataPosition start);

  // The examples of the next batch, over as many epochs as that takes. Then `next` is where those after them begin.
  std::vector<EpochExamples> take(DataPosition& next);

 private:
  void enter_epoch(std::int64_t epoch);
  std::vector<EpochExamples> take_in_order();
  std::span<const std::int64_t> batch_of_window();
  EpochExamples take_of_window();
  BatchSize batch_size() const;  // Of the next batch.
  void move_to(std::int64_t example);
  std::int64_t end_of_batch(BatchSize size, std::int64_t num_examples, std::int64_t& tokens_so_far) const;

  const ExampleMaker& maker_;
  const CounterRandom random_;
  const int num_threads_;
  const LoaderConfig config_;
  const std::int64_t window_size_;  // 0: no windows.
  const std::string order_;         // Of DataPosition.
  std::mutex mutex_;
  DataPosition position_;
  std::shared_ptr<const EpochPlan> plan_;  // Of position_.epoch; nullptr where it could not be made.
  std::optional<LengthWindow> window_;     // Around position_, once it was needed.
};

}  // namespace bertforge
