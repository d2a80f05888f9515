#include "bertforge/base/log.h"

#include "support/error_matchers.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

using ::testing::AllOf;
using testing::contents_of;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using testing::TempDir;
using ::testing::internal::CaptureStderr;
using ::testing::internal::GetCapturedStderr;

class LogTest : public ::testing::Test {
 protected:
  ~LogTest() override {
    remove_log_files();
    set_log_level(LogLevel::kInfo);
  }
};

TEST_F(LogTest, ALineHasTimeLevelAndMessageAndNoColourInAPipe) {
  CaptureStderr();
  log_info("step ", 7, ": loss ", 6.5);
  EXPECT_THAT(GetCapturedStderr(), MatchesRegex("[0-9][0-9]:[0-9][0-9]:[0-9][0-9] info    step 7: loss 6.5\n"));
}

TEST_F(LogTest, BracesInAMessageAreText) {
  CaptureStderr();
  log_warning("{} {0} %s");
  EXPECT_THAT(GetCapturedStderr(), HasSubstr("warning {} {0} %s"));
}

TEST_F(LogTest, MessagesBelowTheLevelAreNotShown) {
  CaptureStderr();
  log_debug("hidden");
  set_log_level(LogLevel::kWarning);
  log_info("hidden");
  log_warning("shown");
  set_log_level(LogLevel::kOff);
  log_message(LogLevel::kError, "hidden");
  EXPECT_THAT(GetCapturedStderr(), AllOf(HasSubstr("shown"), ::testing::Not(HasSubstr("hidden"))));
}

TEST_F(LogTest, AFileGetsEverythingWhateverTheLevelWithTheFullDate) {
  const TempDir folder;
  set_log_level(LogLevel::kOff);
  add_log_file(folder / "train.log");
  log_debug("detail");
  EXPECT_THAT(contents_of(folder / "train.log"), MatchesRegex("....-..-.. ..:..:..\\.... debug   detail\n"));
}

TEST_F(LogTest, AFileIsAppendedTo) {
  const TempDir folder;
  const auto path = folder.write("train.log", "before\n");
  set_log_level(LogLevel::kOff);
  add_log_file(path);
  log_info("after");
  EXPECT_THAT(contents_of(path), AllOf(HasSubstr("before\n"), HasSubstr("after\n")));
}

TEST_F(LogTest, ARemovedFileGetsNothingMore) {
  const TempDir folder;
  set_log_level(LogLevel::kOff);
  add_log_file(folder / "train.log");
  remove_log_files();
  log_info("unheard");
  EXPECT_EQ(contents_of(folder / "train.log"), "");
}

TEST_F(LogTest, AFileThatCannotBeOpenedIsAnErrorOfTheEnvironment) {
  EXPECT_ERROR(add_log_file("/dev/null/train.log"), ErrorKind::kEnvironment, "/dev/null/train.log");
}

TEST(ParseLogLevel, KnowsFiveNames) {
  EXPECT_EQ(parse_log_level("debug"), LogLevel::kDebug);
  EXPECT_EQ(parse_log_level("info"), LogLevel::kInfo);
  EXPECT_EQ(parse_log_level("warning"), LogLevel::kWarning);
  EXPECT_EQ(parse_log_level("error"), LogLevel::kError);
  EXPECT_EQ(parse_log_level("off"), LogLevel::kOff);
}

TEST(ParseLogLevel, RefusesOtherNames) {
  EXPECT_ERROR(parse_log_level("loud"), ErrorKind::kUsage, "one of debug, info, warning, error, off");
}

}  // namespace
}  // namespace bertforge
