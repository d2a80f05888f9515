#include "bertforge/model/cuda_devices.h"

#include <algorithm>
#include <regex>

#ifdef BERTFORGE_WITH_CUDA
#include <ATen/cuda/CUDAContextLight.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/util/Exception.h>
#endif

namespace bertforge {

#ifdef BERTFORGE_WITH_CUDA

std::string why_no_cuda() {
  try {
    c10::cuda::device_count_ensure_non_zero();
    return "";
  } catch (const c10::Error& error) {
    // What is missing is the first sentence; advice on PyTorch follows it.
    const std::string text = error.what_without_backtrace();
    return text.substr(0, std::min(text.find('\n'), text.find(". ")));
  }
}

std::vector<CudaDevice> cuda_devices() {
  std::vector<CudaDevice> devices;
  if (!why_no_cuda().empty()) return devices;
  for (c10::DeviceIndex i = 0; i < c10::cuda::device_count(); ++i) {
    const cudaDeviceProp& found = *at::cuda::getDeviceProperties(i);
    devices.push_back({.name = found.name,
                       .major = found.major,
                       .minor = found.minor,
                       .memory_bytes = static_cast<std::int64_t>(found.totalGlobalMem)});
  }
  return devices;
}

#else

std::string why_no_cuda() {
  return "this build is for the CPU only, and cmake --preset cuda makes the other (docs/cuda.md)";
}

std::vector<CudaDevice> cuda_devices() { return {}; }

#endif

std::string driver_version(const std::string& text) {
  std::smatch found;
  static const std::regex version(R"(Module.*?\s(\d+\.\d+(\.\d+)?)\s)");
  return std::regex_search(text, found, version) ? found[1].str() : "";
}

}  // namespace bertforge
