#include "bertforge/base/stop_signal.h"

#include <gtest/gtest.h>

#include <csignal>

namespace bertforge {
namespace {

TEST(StopSignal, TheFirstSignalIsARequestAndNotTheEnd) {
  clear_stop_request();
  EXPECT_EQ(stop_signal(), 0);
  install_stop_signals();
  std::raise(SIGTERM);
  EXPECT_EQ(stop_signal(), SIGTERM);
  clear_stop_request();
}

TEST(StopSignal, TheSecondSignalEndsTheProgramAtOnce) {
  EXPECT_EXIT(
      {
        install_stop_signals();
        std::raise(SIGINT);
        std::raise(SIGINT);
      },
      ::testing::ExitedWithCode(130), "");
}

}  // namespace
}  // namespace bertforge
