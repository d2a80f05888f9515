#pragma once
// An optimizer's state cut into shares, one a rank: ZeRO stage 1 (Rajbhandari et al. 2020).
//
// Each rank keeps the moments of its share of the flat store, updates the weights there, and takes the others' from the ranks
// that keep those. Shares are whole blocks of the store, so that an element is updated with the same bits as without shares.
// Fed by optimizer.h; uses distributed/.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "bertforge/distributed/process_group.h"
#include "bertforge/model/parameters.h"

namespace bertforge {

class OptimizerShards {
 public:
  // `moments`, [flat_size] each, become this rank's share of them; what rank 0 has of them counts as gathered.
  OptimizerShards(ProcessGroup& group, std::vector<at::Tensor*> moments);

  FlatRange own() const { return share_of(group_.rank()); }

  // `flat` gets every rank's share from it.
  void exchange(const at::Tensor& flat) const;

  // `flat` becomes rank 0's: of a tensor that every rank keeps whole.
  void take_from_first(const at::Tensor& flat) const { group_.copy(flat, /*from=*/0); }

  // On rank 0 the moments of all, [flat_size] each on the CPU, between gather() and drop(); elsewhere nothing.
  const std::vector<at::Tensor>& gathered() const { return gathered_; }
  void gather();   // Called by every rank
  void scatter();  // Called by every rank: the moments become the gathered ones, which are then gone
  void drop() { gathered_.clear(); }

 private:
  FlatRange share_of(int rank) const;

  ProcessGroup& group_;
  const std::vector<at::Tensor*> moments_;
  const std::int64_t flat_size_;
  std::vector<at::Tensor> gathered_;
};

}  // namespace bertforge
