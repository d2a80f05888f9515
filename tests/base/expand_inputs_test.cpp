#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bertforge/base/files.h"
#include "support/error_matchers.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

using ::testing::ElementsAre;

TEST(ExpandInputs, LeavesFilesPipesAndWhatIsMissingAsTheyAre) {
  EXPECT_THAT(expand_inputs({"-", "/nowhere/a.txt", "/dev/null"}), ElementsAre("-", "/nowhere/a.txt", "/dev/null"));
  EXPECT_TRUE(expand_inputs({}).empty());
}

TEST(ExpandInputs, TakesTheFilesOfAFolderAndBelowByNameWithoutHiddenOnes) {
  const testing::TempDir folder;
  for (const char* name : {"c/b.txt", "b.txt", "c/a.txt", "a.txt", ".hidden", "c/.git/x"}) folder.write(name, "text");
  std::filesystem::create_directory_symlink(folder.path(), folder / "c/up");
  const std::string at = folder.path().string();
  EXPECT_THAT(expand_inputs({at, "-"}),
              ElementsAre(at + "/a.txt", at + "/b.txt", at + "/c/a.txt", at + "/c/b.txt", "-"));
}

TEST(ExpandInputs, TakesWhatMatchesAPatternByName) {
  const testing::TempDir folder;
  for (const char* name : {"part-10.txt", "part-2.txt", "part-B.txt", "parts/x.txt", "other.txt"})
    folder.write(name, "");
  const std::string at = folder.path().string();
  EXPECT_THAT(expand_inputs({at + "/part*"}),
              ElementsAre(at + "/part-10.txt", at + "/part-2.txt", at + "/part-B.txt", at + "/parts/x.txt"));
  EXPECT_THAT(expand_inputs({at + "/part-[0-9].txt", at + "/*r.txt"}),
              ElementsAre(at + "/part-2.txt", at + "/other.txt"));
}

TEST(ExpandInputs, TakesAFileWhoseNameIsAPatternForItself) {
  const testing::TempDir folder;
  folder.write("a.txt", "");
  const std::string named = folder.write("*.txt", "").string();
  EXPECT_THAT(expand_inputs({named}), ElementsAre(named));
}

TEST(ExpandInputs, RefusesFoldersAndPatternsThatStandForNothing) {
  const testing::TempDir folder;
  const std::string at = folder.path().string();
  EXPECT_ERROR(expand_inputs({at}), ErrorKind::kUsage, "there is no file in this folder");
  EXPECT_ERROR(expand_inputs({at + "/*.txt"}), ErrorKind::kUsage, "*.txt: nothing matches this pattern");
}

}  // namespace
}  // namespace bertforge
