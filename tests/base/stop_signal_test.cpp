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

TEST(StopSignal, AClosedTerminalIsARequestToo) {
  clear_stop_request();
  install_stop_signals();
  std::raise(SIGHUP);
  EXPECT_EQ(stop_signal(), SIGHUP);
  clear_stop_request();
}

TEST(StopSignal, AHangupThatNohupIgnoresStaysIgnored) {
  clear_stop_request();
  std::signal(SIGHUP, SIG_IGN);
  install_stop_signals();
  std::raise(SIGHUP);
  EXPECT_EQ(stop_signal(), 0);
  std::signal(SIGHUP, SIG_DFL);
}

TEST(StopSignal, TheUsersSignalAsksToSaveOnceAndNotToStop) {
  clear_stop_request();
  install_stop_signals();
  EXPECT_FALSE(take_save_request());
  std::raise(SIGUSR1);
  std::raise(SIGUSR1);
  EXPECT_TRUE(take_save_request());
  EXPECT_FALSE(take_save_request());
  EXPECT_EQ(stop_signal(), 0);
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
