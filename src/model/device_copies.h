#pragma once
// The way of a batch's tensors from the host to the device, without anyone waiting.
//
// Fed and eaten by input.cpp. On a GPU the copies run on a stream of their own: while it computes with one part of a batch the next
// part comes in beside it. Host memory is pinned, as such copies need it; LibTorch's allocator gives a block out again once
// its copy is done, and so there are as many of them in turn as are under way.

#include <ATen/core/Tensor.h>

#include <vector>

namespace bertforge {

// How to make a host tensor that is to go to `device`: pinned where that helps.
at::TensorOptions host_options(at::ScalarType type, at::Device device);

// The same tensors on `device`, which computes with them once they are there; undefined ones stay so. `host` is not
// changed afterwards.
std::vector<at::Tensor> copied_to(at::Device device, const std::vector<at::Tensor>& host);

}  // namespace bertforge
