#include "bertforge/train/optimizer_shards.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

#include "bertforge/base/error.h"
#include "bertforge/base/round_up.h"
#include "flat_blocks.h"

namespace bertforge {

OptimizerShards::OptimizerShards(ProcessGroup& group, std::vector<at::Tensor*> moments)
    : group_(group), moments_(std::move(moments)), flat_size_(moments_.front()->numel()) {
  for (at::Tensor* const moment : moments_) {
    if (group_.is_first()) gathered_.push_back(moment->cpu());
    *moment = torch::zeros({own().size()}, moment->options());
  }
}

FlatRange OptimizerShards::share_of(int rank) const {
  const auto begin_of = [&](std::int64_t number) {
    return std::min(flat_size_, round_up(flat_size_ * number / group_.num_ranks(), kFlatBlock));
  };
  return {begin_of(rank), begin_of(rank + 1)};
}

void OptimizerShards::exchange(const at::Tensor& flat) const {
  std::vector<std::unique_ptr<PendingCall>> calls;
  for (int rank = 0; rank < group_.num_ranks(); ++rank) {
    const FlatRange share = share_of(rank);
    if (share.size() > 0) calls.push_back(group_.start_copy(flat.narrow(0, share.begin, share.size()), rank));
  }
  for (const auto& call : calls) call->wait();
}

void OptimizerShards::gather() {
  const torch::NoGradGuard no_grad;
  drop();
  for (const at::Tensor* const moment : moments_) {
    at::Tensor whole;
    if (group_.is_first()) whole = torch::zeros({flat_size_}, moment->options().device(torch::kCPU));
    for (int rank = 0; rank < group_.num_ranks(); ++rank) {
      const FlatRange share = share_of(rank);
      if (share.size() == 0) continue;
      // To all, though rank 0 alone keeps it: c10d's engines have no receiving that waits on the CPU and on CUDA alike.
      const at::Tensor part = rank == group_.rank() ? *moment : torch::empty({share.size()}, moment->options());
      group_.copy(part, rank);
      if (group_.is_first()) whole.narrow(0, share.begin, share.size()).copy_(part);
    }
    if (group_.is_first()) gathered_.push_back(whole);
  }
}

void OptimizerShards::scatter() {
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < moments_.size(); ++i) {
    for (int rank = 0; rank < group_.num_ranks(); ++rank) {
      const FlatRange share = share_of(rank);
      if (share.size() == 0) continue;
      const at::Tensor part = torch::empty({share.size()}, moments_[i]->options());
      if (group_.is_first()) part.copy_(gathered_[i].narrow(0, share.begin, share.size()));
      group_.copy(part, /*from=*/0);
      if (rank == group_.rank()) moments_[i]->copy_(part);
    }
  }
  drop();
}

}  // namespace bertforge
