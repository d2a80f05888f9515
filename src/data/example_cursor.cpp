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
  plan_ = nullptr;  // The cursor keeps one plan at a time; slices may still hold the last one.
  plan_ = std::make_shared<const EpochPlan>(maker_.plan(random_, epoch, num_threads_));
}

std::vector<EpochSlice> ExampleCursor::take(std::int64_t num_examples, DataPosition& next) {
  const std::lock_guard lock(mutex_);
  if (plan_ == nullptr) enter_epoch(position_.epoch);  // It failed before: this says once more why, or mends it.
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

}  // namespace bertforge
