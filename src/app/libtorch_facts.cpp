#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <torch/version.h>

#include <filesystem>

#include "bertforge/base/error.h"
#include "bertforge/base/figure_text.h"
#include "bertforge/base/files.h"
#include "bertforge/model/cuda_devices.h"
#include "bertforge/model/device.h"
#include "command_functions.h"

namespace bertforge {
namespace {

// Without CUDA's libraries too: a machine may have a driver that this build makes no use of.
std::string nvidia_driver() {
  const std::filesystem::path file = "/proc/driver/nvidia/version";
  const std::string version = path_exists(file) ? driver_version(read_file(file)) : "";
  return version.empty() ? "none" : version;
}

void add_cuda_facts(Facts& facts) {
  facts.push_back({"NVIDIA driver", nvidia_driver()});
#ifdef BERTFORGE_WITH_CUDA
  facts.push_back({"CUDA in this build", "yes"});
#else
  facts.push_back({"CUDA in this build", "no"});
#endif
  const std::vector<CudaDevice> devices = cuda_devices();
  const std::string why = why_no_cuda();
  facts.push_back({"CUDA devices", std::to_string(devices.size()) + (why.empty() ? "" : ": " + why)});
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const CudaDevice& device = devices[i];
    facts.push_back(
        {concat("CUDA device ", i), concat(device.name, ", compute capability ", device.major, ".", device.minor, ", ",
                                           fixed_text(static_cast<double>(device.memory_bytes) / 1e9, 1), " GB, ",
                                           device.multiplies_bfloat16() ? "bfloat16" : "float16")});
  }
}

}  // namespace

Facts libtorch_facts() {
  Facts facts = {{"LibTorch", TORCH_VERSION},
                 {"LibTorch threads", std::to_string(at::get_num_threads())},
                 {"LibTorch CPU capability", at::get_cpu_capability()},
                 {"kernels", resolve_kernels("auto")}};
  add_cuda_facts(facts);
  return facts;
}

}  // namespace bertforge
