#include "bertforge/train/fitting_passes.h"

#include <algorithm>
#include <exception>

#include "bertforge/base/log.h"
#include "bertforge/model/device.h"

namespace bertforge {
namespace {

std::int64_t largest_part(const GlobalBatch& batch) {
  std::int64_t largest = 0;
  for (const Batch& part : batch.micro_batches) largest = std::max(largest, part.num_sequences());
  return largest;
}

GlobalBatch split_parts(const GlobalBatch& batch, std::int64_t max_sequences) {
  GlobalBatch result;
  result.next = batch.next;
  result.epochs_done = batch.epochs_done;
  for (const Batch& whole : batch.micro_batches) {
    for (Batch& part : split(whole, max_sequences)) result.micro_batches.push_back(std::move(part));
  }
  return result;
}

}  // namespace

std::vector<TermMetrics> FittingPasses::run(const GlobalBatch& batch, const Passes& passes,
                                            const std::function<void()>& release) {
  while (true) {
    const bool fits = most_sequences_ == 0 || largest_part(batch) <= most_sequences_;
    const GlobalBatch parts = fits ? GlobalBatch{} : split_parts(batch, most_sequences_);
    const GlobalBatch& tried = fits ? batch : parts;
    try {
      return passes(tried);
    } catch (const std::exception& error) {
      if (!is_out_of_memory(error) || largest_part(tried) <= 1) throw;
    }
    release();  // Outside of the handler: the exception is gone, and the graph that it kept.
    halve(tried);
  }
}

void FittingPasses::halve(const GlobalBatch& tried) {
  const std::int64_t sequences = largest_part(tried);
  most_sequences_ = (sequences + 1) / 2;
  log_warning("out of memory with ", sequences, " sequences at a time; going on with ", most_sequences_,
              ", which changes results by rounding only. train.micro_batch_size = ", most_sequences_,
              " does so from the start");
}

}  // namespace bertforge
