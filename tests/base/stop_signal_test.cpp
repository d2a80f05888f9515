#include "bertforge/base/stop_signal.h"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

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

// A launcher signals all ranks, and one rank's signal may reach another by the job before its own comes.
TEST(StopSignal, IsTheFirstBehindARequestFromWithin) {
  EXPECT_EXIT(
      {
        clear_stop_request();
        install_stop_signals();
        request_stop(SIGTERM);
        std::this_thread::sleep_for(std::chrono::milliseconds(1050));
        std::raise(SIGTERM);
        std::_Exit(stop_signal() == SIGTERM ? 7 : 8);
      },
      ::testing::ExitedWithCode(7), "^bertforge: interrupted: finishing this update[^\n]*\n$");
}

TEST(StopSignal, TheFirstIsAnsweredAndAnotherEndsTheProgram) {
  EXPECT_EXIT(
      {
        clear_stop_request();
        install_stop_signals();
        std::raise(SIGINT);
        std::this_thread::sleep_for(std::chrono::milliseconds(1050));
        std::raise(SIGINT);
      },
      ::testing::ExitedWithCode(130),
      "^bertforge: interrupted: finishing this update and saving it; once more ends without saving\n"
      "bertforge: ended without saving; what was saved before is there\n$");
}

TEST(StopSignal, ASecondOneRightBehindTheFirstIsTheSame) {
  clear_stop_request();
  install_stop_signals();
  std::raise(SIGTERM);
  std::raise(SIGTERM);
  std::raise(SIGINT);
  EXPECT_EQ(stop_signal(), SIGTERM);
  clear_stop_request();
}

TEST(StopNotice, EndsTheProgramWithItsLineAndTheCodeOfTheSignal) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
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
  const std::string style = GTEST_FLAG_GET(death_test_style);
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // A process in which requests were never taken.
  EXPECT_EXIT(
      {
        { const StopNotice notice("interrupted"); }
        std::raise(SIGTERM);
      },
      ::testing::KilledBySignal(SIGTERM), "");
  GTEST_FLAG_SET(death_test_style, style);
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
      unfinished_notice("building", {"a/out/"}),
      "interrupted while building a/out/: what is unfinished is called a/out.partial, and the same command replaces "
      "it");
  EXPECT_EQ(unfinished_notice("writing", {"x.jsonl", "x.jsonl.dataset"}),
            "interrupted while writing x.jsonl: what is unfinished is called x.jsonl.partial and "
            "x.jsonl.dataset.partial, and the same command replaces it");
}

}  // namespace
}  // namespace bertforge
