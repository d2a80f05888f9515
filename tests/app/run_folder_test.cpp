#include "bertforge/app/run_folder.h"

#include "support/error_matchers.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

TEST(ChooseStart, BeginsAtTheBeginningInANewOrEmptyFolder) {
  const testing::TempDir folder;
  EXPECT_FALSE(choose_start(folder / "new", "auto").checkpoint);
  EXPECT_FALSE(choose_start(folder.path(), "auto").checkpoint);
}

TEST(ChooseStart, BeginsAtTheBeginningWhereAProcessWasKilledWithItsFirstFileInTheMaking) {
  const testing::TempDir folder;
  folder.write("run.json.partial", "{");
  EXPECT_FALSE(choose_start(folder.path(), "auto").checkpoint);
  folder.write("letter.txt", "Dear");
  EXPECT_ERROR(choose_start(folder.path(), "auto"), ErrorKind::kUsage, "no checkpoint to resume from");
}

TEST(ChooseStart, RefusesAFolderOfOtherThings) {
  const testing::TempDir folder;
  folder.write("letter.txt", "Dear");
  EXPECT_ERROR(choose_start(folder.path(), "auto"), ErrorKind::kUsage, "no checkpoint to resume from");
  EXPECT_FALSE(choose_start(folder.path(), "never").checkpoint);
}

TEST(ChooseStart, NeverRefusesToMixTwoRuns) {
  const testing::TempDir folder;
  folder.write("checkpoints/step-00000003/config.json", "{}");
  EXPECT_ERROR(choose_start(folder.path(), "never"), ErrorKind::kUsage, "has checkpoints");
}

TEST(ChooseStart, RefusesAFileAndAMissingCheckpoint) {
  const testing::TempDir folder;
  EXPECT_ERROR(choose_start(folder.write("file", ""), "auto"), ErrorKind::kUsage, "is a file");
  EXPECT_ERROR(choose_start(folder / "run", (folder / "nowhere").string()), ErrorKind::kUsage,
               "there is no such folder");
}

TEST(ChooseStart, BeginsAnewInARunWithoutCheckpointAndWritesNothing) {
  const testing::TempDir folder;
  folder.write("run.json", "{}");
  folder.write("metrics.jsonl", "{}");
  EXPECT_FALSE(choose_start(folder.path(), "auto").checkpoint);
  EXPECT_FALSE(choose_start(folder.path(), "never").checkpoint);
  EXPECT_TRUE(std::filesystem::exists(folder / "metrics.jsonl"));
}

TEST(RunLock, LetsOneHolderIn) {
  const testing::TempDir folder;
  RunLock first(folder / "run"), second(folder / "run");
  first.make_folder();
  EXPECT_ERROR(second.make_folder(), ErrorKind::kEnvironment, "made by another process");
  EXPECT_ERROR(RunLock(folder / "run"), ErrorKind::kEnvironment, "another process is training");
}

}  // namespace
}  // namespace bertforge
