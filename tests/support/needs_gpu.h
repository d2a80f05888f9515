#pragma once
// Tests of what only a GPU does: where there is none they skip and say why.

#include <gtest/gtest.h>

#include "bertforge/model/cuda_devices.h"

namespace bertforge::testing {

class NeedsGpu : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = why_no_cuda(); !why.empty()) GTEST_SKIP() << "needs an NVIDIA GPU: " << why;
  }
};

}  // namespace bertforge::testing
