#pragma once
// The NVIDIA GPUs of this machine, as far as this build can use them.
//
// Eaten by device.h and `bertforge info`. A build without BERTFORGE_WITH_CUDA has no CUDA library to ask, and no device.

#include <cstdint>
#include <string>
#include <vector>

namespace bertforge {

struct CudaDevice {
  std::string name;          // "NVIDIA H200"
  int major = 0, minor = 0;  // Compute capability
  std::int64_t memory_bytes = 0;

  // Whether its tensor cores multiply bfloat16: from Ampere on. LibTorch computes with it on older ones too, slowly.
  bool multiplies_bfloat16() const { return major >= 8; }
};

// Why no CUDA device can be used: the build, the driver or the machine lacks it; "" where there is one.
std::string why_no_cuda();

// In the order of their numbers; none where why_no_cuda() says why.
std::vector<CudaDevice> cuda_devices();

// "580.65.06" from what the driver says of itself in /proc/driver/nvidia/version; "" where no version stands there.
std::string driver_version(const std::string& text);

}  // namespace bertforge
