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

TEST(StopNotice, EndsTheProgramWithItsLineAndTheCodeOfTheSignal) {
  for (const int signal : {SIGINT, SIGTERM}) {
    std::signal(signal, SIG_DFL);
    EXPECT_EXIT(
        {
          const StopNotice notice("interrupted while building d");
          std::raise(signal);
        },
        ::testing::ExitedWithCode(128 + signal), "bertforge: interrupted while building d\n");
  }
}

TEST(StopNotice, OfSeveralTheOneMadeLastCountsWhileItLives) {
  std::signal(SIGTERM, SIG_DFL);
  EXPECT_EXIT(
      {
        const StopNotice outer("the outer");
        const StopNotice inner("the inner");
        std::raise(SIGTERM);
      },
      ::testing::ExitedWithCode(143), "^bertforge: the inner\n$");
  EXPECT_EXIT(
      {
        const StopNotice outer("the outer");
        { const StopNotice inner("the inner"); }
        std::raise(SIGTERM);
      },
      ::testing::ExitedWithCode(143), "^bertforge: the outer\n$");
}

TEST(StopNotice, BehindItASignalIsARequestWhereThoseAreTaken) {
  clear_stop_request();
  install_stop_signals();
  { const StopNotice notice("interrupted"); }
  std::raise(SIGTERM);
  EXPECT_EQ(stop_signal(), SIGTERM);
  clear_stop_request();
}

TEST(StopNotice, BehindItASignalEndsTheProgramAsItEndsOthers) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // A process in which requests were never taken.
  EXPECT_EXIT(
      {
        { const StopNotice notice("interrupted"); }
        std::raise(SIGTERM);
      },
      ::testing::KilledBySignal(SIGTERM), "");
}

TEST(StopNotice, LeavesASignalAloneThatIsIgnored) {
  std::signal(SIGINT, SIG_IGN);
  {
    const StopNotice notice("interrupted");
    std::raise(SIGINT);
  }
  SUCCEED() << "the program goes on";
  std::signal(SIGINT, SIG_DFL);
}

TEST(UnfinishedNotice, NamesWhatIsInTheMaking) {
  EXPECT_EQ(
      unfinished_notice("building", "a/out/"),
      "interrupted while building a/out/: what is unfinished is called a/out.partial, and the same command replaces "
      "it");
}

}  // namespace
}  // namespace bertforge
