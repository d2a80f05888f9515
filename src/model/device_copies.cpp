#include "device_copies.h"

#include <ATen/ATen.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace bertforge {

at::TensorOptions host_options(at::ScalarType type, at::Device device) {
  return at::TensorOptions().dtype(type).pinned_memory(device.is_cuda());
}

std::vector<at::Tensor> copied_to(at::Device device, const std::vector<at::Tensor>& host) {
  if (device.is_cpu()) return host;
  const c10::impl::VirtualGuardImpl streams(device.type());
  const c10::Stream computing = streams.getStream(device), copying = streams.getStreamFromGlobalPool(device);
  std::vector<at::Tensor> copies;
  {
    const c10::StreamGuard guard(copying);
    for (const at::Tensor& tensor : host) {
      copies.push_back(tensor.defined() ? tensor.to(device, /*non_blocking=*/true) : at::Tensor());
    }
  }
  c10::Event arrived(device.type());
  arrived.record(copying);
  arrived.block(computing);
  // Their memory belongs to the other stream: it is not to be given out again before this one is done with it.
  for (const at::Tensor& copy : copies) {
    if (copy.defined()) copy.record_stream(computing);
  }
  return copies;
}

}  // namespace bertforge
