#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <torch/version.h>

#include "bertforge/base/error.h"
#include "bertforge/model/device.h"
#include "command_functions.h"

namespace bertforge {

Facts libtorch_facts() {
  const std::int64_t num_devices = at::hasCUDA() ? at::detail::getCUDAHooks().deviceCount() : 0;
  return {{"LibTorch", TORCH_VERSION},
          {"LibTorch threads", std::to_string(at::get_num_threads())},
          {"LibTorch CPU capability", at::get_cpu_capability()},
          {"kernels", resolve_kernels("auto")},
#ifdef BERTFORGE_WITH_CUDA
          {"CUDA in this build", "yes"},
#else
          {"CUDA in this build", "no"},
#endif
          {"CUDA devices", std::to_string(num_devices)}};
}

}  // namespace bertforge
