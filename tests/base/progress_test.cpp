#include "bertforge/base/progress.h"

#include <gmock/gmock.h>

#include "bertforge/base/log.h"
#include "support/terminal.h"

namespace bertforge {
namespace {

using ::testing::AllOf;
using testing::FakeTerminal;
using ::testing::HasSubstr;
using ::testing::internal::CaptureStderr;
using ::testing::internal::GetCapturedStderr;

const ProgressView kHalfWay = {
    .label = "training", .unit = "steps", .note = "loss 6.21", .total = 2000, .done = 900, .seconds = 72};

TEST(ProgressLine, ShowsShareCountRateTimeLeftAndNote) {
  EXPECT_EQ(progress_line(kHalfWay, 120),
            "training  45% [==========>             ] 900/2000 steps, 12.5/s, 1:28 left, loss 6.21");
}

TEST(ProgressLine, AnUnknownTotalShowsACounter) {
  EXPECT_EQ(progress_line({.label = "reading", .unit = "lines", .done = 300, .seconds = 2}, 80),
            "reading 300 lines, 150/s");
}

TEST(ProgressLine, ANarrowTerminalLosesTheBarFirstAndThenTheEnd) {
  EXPECT_EQ(progress_line(kHalfWay, 70), "training  45% 900/2000 steps, 12.5/s, 1:28 left, loss 6.21");
  EXPECT_EQ(progress_line(kHalfWay, 13), "training  45%");
  EXPECT_EQ(progress_line(kHalfWay, 0), "");
}

TEST(ProgressLine, NeverCutsALetterInTwo) { EXPECT_EQ(progress_line({.label = "übung", .unit = "ä"}, 1), "ü"); }

TEST(ProgressLine, AResumedRunIsJudgedByWhatItDidItself) {
  ProgressView view = kHalfWay;
  view.start = 800;
  view.seconds = 100;
  EXPECT_THAT(progress_line(view, 120), AllOf(HasSubstr("900/2000"), HasSubstr("1.0/s"), HasSubstr("18:20 left")));
}

TEST(ProgressLine, HasNoTimeLeftBeforeTheFirstStepAndAfterTheLast) {
  EXPECT_EQ(progress_line({.label = "x", .total = 7}, 20), "x   0% 0/7");
  EXPECT_EQ(progress_line({.label = "x", .total = 7, .done = 7, .seconds = 7}, 20), "x 100% 7/7, 1.0/s");
}

TEST(ProgressLine, MoreThanTheTotalIsOneHundredPercent) {
  EXPECT_THAT(progress_line({.label = "x", .total = 7, .done = 9}, 20), HasSubstr("100%"));
}

TEST(ProgressBar, IsNotDrawnWhereStandardErrorIsNoTerminal) {
  CaptureStderr();
  { ProgressBar("x", 7, "steps").update(3); }
  EXPECT_EQ(GetCapturedStderr(), "");
}

TEST(ProgressBar, IsDrawnOnATerminalAndErasedAtItsEnd) {
  FakeTerminal terminal;
  {
    ProgressBar bar("x", 7, "steps");
    bar.update(3);
    EXPECT_THAT(terminal.output(), HasSubstr("3/7 steps"));
  }
  EXPECT_EQ(terminal.output(), "\r\x1b[K");
}

TEST(ProgressBar, FitsTheTerminal) {
  FakeTerminal terminal(20);
  ProgressBar bar("a label that is long", 7, "steps");
  bar.update(3);
  EXPECT_EQ(terminal.output(), "\ra label that is lon\x1b[K");
}

TEST(ProgressBar, IsNotRedrawnAtOnce) {
  FakeTerminal terminal;
  ProgressBar bar("x", 7, "steps");
  bar.update(3);
  terminal.output();
  bar.update(4);
  EXPECT_EQ(terminal.output(), "");
}

TEST(ProgressBar, ASecondOneStaysSilent) {
  FakeTerminal terminal;
  ProgressBar first("first", 7, "steps"), second("second", 7, "steps");
  second.update(3);
  EXPECT_EQ(terminal.output(), "");
}

TEST(ProgressBar, StaysSilentWhereBarsAreDisabled) {
  FakeTerminal terminal;
  set_progress_enabled(false);
  { ProgressBar("x", 7, "steps").update(3); }
  set_progress_enabled(true);
  EXPECT_EQ(terminal.output(), "");
}

TEST(ProgressBar, StaysSilentOnADumbTerminal) {
  FakeTerminal terminal;
  setenv("TERM", "dumb", 1);
  { ProgressBar("x", 7, "steps").update(3); }
  EXPECT_EQ(terminal.output(), "");
}

TEST(ProgressBar, MakesRoomForALogLine) {
  FakeTerminal terminal;
  ProgressBar bar("x", 7, "steps");
  bar.update(3);
  terminal.output();
  log_info("hello");
  EXPECT_EQ(terminal.output().substr(0, 4), "\r\x1b[K");
}

}  // namespace
}  // namespace bertforge
