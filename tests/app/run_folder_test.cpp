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

}  // namespace
}  // namespace bertforge
