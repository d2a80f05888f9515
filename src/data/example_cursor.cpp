#include "example_cursor.h"

#include <algorithm>

#include "bertforge/base/error.h"

namespace bertforge {

ExampleCursor::ExampleCursor(const ExampleMaker& maker, const CounterRandom& random, int num_threads,
                             DataPosition start)
    : maker_(maker), random_(random), num_threads_(num_threads), position_(start) {
  if (start.epoch < 0 || start.example < 0) {
    fail(ErrorKind::kInput, "the position in the data is epoch ", start.epoch, ", example ", start.example,
         "; both count from 0");
  }
  enter_epoch(start.epoch);
  if (start.example >= plan_->num_examples()) {
    fail(ErrorKind::kInput, "the position in the data is example ", start.example, " of epoch ", start.epoch,
         ", which has ", plan_->num_examples(), ": it belongs to another dataset or other settings");
  }
}

void ExampleCursor::enter_epoch(std::int64_t epoch) {
  plan_ = nullptr;  // Its memory goes before the next one is made.
  plan_ = std::make_shared<const EpochPlan>(maker_.plan(random_, epoch, num_threads_));
}

std::vector<EpochSlice> ExampleCursor::take(std::int64_t num_examples, DataPosition& next) {
  const std::lock_guard lock(mutex_);
  BERTFORGE_CHECK(plan_ != nullptr, "the plan of epoch ", position_.epoch, " could not be made before");
  std::vector<EpochSlice> slices;
  while (num_examples > 0) {
    const std::int64_t end = std::min(position_.example + num_examples, plan_->num_examples());
    slices.push_back({plan_, position_.example, end});
    num_examples -= end - position_.example;
    position_.example = end;
    if (end == plan_->num_examples()) {
      position_ = {position_.epoch + 1, 0};
      enter_epoch(position_.epoch);
    }
  }
  next = position_;
  return slices;
}

std::int64_t ExampleCursor::examples_per_epoch(std::int64_t epoch) {
  const std::lock_guard lock(mutex_);
  if (epoch == position_.epoch) return plan_->num_examples();
  const auto known = num_examples_.find(epoch);
  if (known != num_examples_.end()) return known->second;
  return num_examples_[epoch] = maker_.plan(random_, epoch, num_threads_).num_examples();
}

}  // namespace bertforge
