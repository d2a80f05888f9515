// NCCL's part of c10d, in builds with CUDA.
#ifdef BERTFORGE_WITH_CUDA
#define USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

#include "backends.h"
#include "bertforge/base/error.h"

namespace bertforge {

c10::intrusive_ptr<c10d::Backend> make_nccl([[maybe_unused]] const c10::intrusive_ptr<c10d::Store>& store,
                                            [[maybe_unused]] const Job& job,
                                            [[maybe_unused]] std::chrono::milliseconds timeout) {
#ifdef BERTFORGE_WITH_CUDA
  auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = timeout;  // Its watchdog ends the process where a call takes longer.
  return c10::make_intrusive<c10d::ProcessGroupNCCL>(c10::make_intrusive<c10d::PrefixStore>("nccl", store), job.rank,
                                                     job.num_ranks, options);
#else
  fail(ErrorKind::kInternal, "NCCL is asked for by a build without CUDA");
#endif
}

}  // namespace bertforge
