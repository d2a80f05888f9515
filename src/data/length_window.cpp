#include "length_window.h"

#include <algorithm>
#include <utility>

#include "bertforge/data/example_maker.h"

namespace bertforge {

LengthWindow::LengthWindow(const EpochPlan& plan, std::int64_t number, std::int64_t window_size, BatchSize size)
    : number_(number) {
  const std::int64_t begin = number * window_size, end = std::min(begin + window_size, plan.num_examples());
  std::vector<std::pair<std::int64_t, std::int64_t>> by_length;  // (tokens, place)
  for (std::int64_t place = begin; place < end; ++place) {
    by_length.emplace_back(num_tokens(plan.pair(plan.at(place))), place);
  }
  std::ranges::sort(by_length);

  std::vector<std::vector<std::int64_t>> batches;
  std::int64_t tokens_in_batch = 0;
  for (const auto& [length, place] : by_length) {
    if (batches.empty() || !size.has_room(std::ssize(batches.back()), tokens_in_batch, length)) {
      batches.emplace_back();
      tokens_in_batch = 0;
    }
    batches.back().push_back(place);
    tokens_in_batch += length;
  }
  CounterRandom random = plan.window_random(number);
  shuffle(batches, random);
  for (const std::vector<std::int64_t>& batch : batches) {
    begins_.push_back(std::ssize(positions_));
    positions_.insert(positions_.end(), batch.begin(), batch.end());
  }
  begins_.push_back(std::ssize(positions_));
}

std::span<const std::int64_t> LengthWindow::batch_after(std::int64_t num_seen) const {
  const auto found = std::ranges::lower_bound(begins_, num_seen);
  if (found == begins_.end() || *found != num_seen || std::next(found) == begins_.end()) return {};
  return std::span(positions_)
      .subspan(static_cast<std::size_t>(*found), static_cast<std::size_t>(*std::next(found) - *found));
}

}  // namespace bertforge
