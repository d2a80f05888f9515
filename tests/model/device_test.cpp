#include "bertforge/model/device.h"

#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <new>
#include <stdexcept>

#include "bertforge/base/error.h"
#include "bertforge/model/cuda_devices.h"
#include "support/error_matchers.h"

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

TEST(Precision, IsAsNamedAndFloat16OnCudaAlone) {
  EXPECT_EQ(resolve_precision("float32", at::kCPU), Precision::kFloat32);
  EXPECT_EQ(resolve_precision("bfloat16", at::kCPU), Precision::kBfloat16);
  EXPECT_EQ(resolve_precision("float16", at::kCUDA), Precision::kFloat16);
  EXPECT_NE(resolve_precision("auto", at::kCPU), Precision::kFloat16);
  EXPECT_ERROR(resolve_precision("float16", at::kCPU), ErrorKind::kUsage, "precision float16 is for CUDA devices");
  EXPECT_ERROR(resolve_precision("fp16", at::kCPU), ErrorKind::kUsage, "precision is \"fp16\"");
}

TEST(Float32Matmul, IsRefusedWhereNothingHeedsIt) {
  set_float32_matmul("highest", at::kCPU);
  EXPECT_ERROR(set_float32_matmul("high", at::kCPU), ErrorKind::kUsage,
               "float32_matmul \"high\" has no effect on cpu: TF32 is of CUDA devices");
  EXPECT_ERROR(set_float32_matmul("tf32", at::kCPU), ErrorKind::kUsage, "float32_matmul is \"tf32\"");
}

TEST(CudaDevices, MultiplyBfloat16FromAmpereOn) {
  EXPECT_FALSE((CudaDevice{.name = "Tesla V100", .major = 7, .minor = 0}).multiplies_bfloat16());
  EXPECT_FALSE((CudaDevice{.name = "Tesla T4", .major = 7, .minor = 5}).multiplies_bfloat16());
  EXPECT_TRUE((CudaDevice{.name = "NVIDIA A100", .major = 8, .minor = 0}).multiplies_bfloat16());
}

TEST(CudaDevices, AreNoneWhereSomethingSaysWhy) { EXPECT_EQ(cuda_devices().empty(), !why_no_cuda().empty()); }

TEST(NvidiaDriver, SaysItsVersionInEitherOfItsForms) {
  EXPECT_EQ(driver_version("NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 01:15:15 UTC 2023\n"
                           "GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)\n"),
            "535.104.05");
  EXPECT_EQ(driver_version("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65  Release Build  (dvs)\n"),
            "580.65");
  EXPECT_EQ(driver_version("no driver"), "");
}

}  // namespace
}  // namespace bertforge
