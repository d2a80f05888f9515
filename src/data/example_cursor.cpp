#include "example_cursor.h"

#include <algorithm>
#include <numeric>

#include "bertforge/base/error.h"

namespace bertforge {
namespace {

std::int64_t window_size(const LoaderConfig& config) {
  if (config.length_window == 0 || config.batch_tokens > 0) return config.length_window;
  return (config.length_window + config.batch_size - 1) / config.batch_size * config.batch_size;
}

std::string order_of(const LoaderConfig& config) {
  if (config.length_window == 0) return "";
  return config.batch_tokens > 0
             ? concat("windows of ", window_size(config), " in batches of ", config.batch_tokens, " tokens")
             : concat("windows of ", window_size(config), " in batches of ", config.batch_size, " sequences");
}

}  // namespace

ExampleCursor::ExampleCursor(const ExampleMaker& maker, const LoaderConfig& config, DataPosition start)
    : maker_(maker),
      random_(config.seed),
      num_threads_(static_cast<int>(config.num_threads)),
      config_(config),
      window_size_(window_size(config)),
      order_(order_of(config)),
      position_(start) {
  if (start.epoch < 0 || start.example < 0 || start.examples_before < 0) {
    fail(ErrorKind::kInput, "the position in the data is epoch ", start.epoch, ", example ", start.example, ", behind ",
         start.examples_before, " examples; all count from 0");
  }
  enter_epoch(start.epoch);
  if (start.example >= plan_->num_examples()) {
    fail(ErrorKind::kInput, "the position in the data is example ", start.example, " of epoch ", start.epoch,
         ", which has ", plan_->num_examples(), ": it belongs to another dataset or other settings");
  }
  const auto name = [](const std::string& order) { return order.empty() ? "batches as they are shuffled" : order; };
  if (start.example > 0 && start.order != order_) {
    fail(ErrorKind::kInput, "the position in the data is inside of epoch ", start.epoch, ", which was gone through in ",
         name(start.order), ", not in ", name(order_),
         "; train.length_window and the size of its batches may change between epochs only");
  }
  position_.order = order_;
  if (window_size_ > 0 && batch_of_window().empty()) {
    fail(ErrorKind::kInput, "no batch begins at example ", start.example, " of epoch ", start.epoch,
         ": the position belongs to another dataset or other settings");
  }
}

void ExampleCursor::enter_epoch(std::int64_t epoch) {
  plan_ = nullptr;  // The cursor keeps one plan at a time; batches may still hold the last one.
  window_.reset();
  plan_ = std::make_shared<const EpochPlan>(maker_.plan(random_, epoch, num_threads_));
}

std::vector<EpochExamples> ExampleCursor::take(DataPosition& next) {
  const std::lock_guard lock(mutex_);
  if (plan_ == nullptr) enter_epoch(position_.epoch);  // It failed before: this says once more why, or mends it.
  std::vector<EpochExamples> examples;
  if (window_size_ > 0) {
    examples.push_back(take_of_window());
  } else {
    examples = take_in_order();
  }
  next = position_;
  return examples;
}

void ExampleCursor::move_to(std::int64_t example) {
  position_.examples_before += example - position_.example;
  position_.example = example;
  if (example < plan_->num_examples()) return;
  ++position_.epoch;
  position_.example = 0;
  enter_epoch(position_.epoch);
}

BatchSize ExampleCursor::batch_size() const {
  return {config_.batch_size_after(position_.examples_before), config_.batch_tokens};
}

// Where the batch ends in this epoch, which has `num_examples` already. Adds up the tokens where they are what counts.
std::int64_t ExampleCursor::end_of_batch(BatchSize size, std::int64_t num_examples, std::int64_t& tokens_so_far) const {
  const std::int64_t end = plan_->num_examples();
  if (size.tokens == 0) return std::min(end, position_.example + size.sequences - num_examples);
  std::int64_t example = position_.example;
  for (; example < end; ++example) {
    const std::int64_t length = num_tokens(plan_->pair(plan_->at(example)));
    if (!size.has_room(num_examples++, tokens_so_far, length)) break;
    tokens_so_far += length;
  }
  return example;
}

std::vector<EpochExamples> ExampleCursor::take_in_order() {
  std::vector<EpochExamples> examples;
  const BatchSize size = batch_size();
  std::int64_t num_examples = 0, tokens_so_far = 0;
  while (true) {
    const std::int64_t end = end_of_batch(size, num_examples, tokens_so_far);
    EpochExamples part{plan_, std::vector<std::int64_t>(static_cast<std::size_t>(end - position_.example))};
    std::iota(part.positions.begin(), part.positions.end(), position_.example);
    const bool is_full = end < plan_->num_examples();
    num_examples += std::ssize(part.positions);
    if (!part.positions.empty()) examples.push_back(std::move(part));
    move_to(end);
    if (is_full || (size.tokens == 0 && num_examples == size.sequences)) return examples;
  }
}

std::span<const std::int64_t> ExampleCursor::batch_of_window() {
  const std::int64_t number = position_.example / window_size_;
  if (!window_ || window_->number() != number) window_.emplace(*plan_, number, window_size_, batch_size());
  return window_->batch_after(position_.example - number * window_size_);
}

EpochExamples ExampleCursor::take_of_window() {
  const auto batch = batch_of_window();
  BERTFORGE_CHECK(!batch.empty(), "no batch begins at example ", position_.example);
  EpochExamples examples{plan_, {batch.begin(), batch.end()}};
  move_to(position_.example + std::ssize(batch));
  return examples;
}

}  // namespace bertforge
