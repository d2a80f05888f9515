#include "bertforge/model/device.h"

#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <new>
#include <stdexcept>

namespace bertforge {
namespace {

template <class Deed>
bool runs_out_of_memory(const Deed& deed) {
  try {
    deed();
  } catch (const std::exception& error) {
    return is_out_of_memory(error);
  }
  ADD_FAILURE() << "nothing was thrown";
  return false;
}

TEST(OutOfMemory, IsToldFromOtherErrors) {
  EXPECT_TRUE(runs_out_of_memory([] { TORCH_CHECK_WITH(OutOfMemoryError, false, "CUDA out of memory"); }));
  EXPECT_TRUE(runs_out_of_memory([] { TORCH_CHECK(false, "CUDA error: out of memory"); }));
  EXPECT_TRUE(runs_out_of_memory([] { TORCH_CHECK(false, "DefaultCPUAllocator: can't allocate memory: you tried"); }));
  EXPECT_TRUE(runs_out_of_memory([] { throw std::bad_alloc(); }));
  EXPECT_FALSE(runs_out_of_memory([] { TORCH_CHECK(false, "shapes differ"); }));
  EXPECT_FALSE(runs_out_of_memory([] { throw std::runtime_error("out of ideas"); }));
}

}  // namespace
}  // namespace bertforge
