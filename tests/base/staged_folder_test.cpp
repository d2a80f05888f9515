#include "bertforge/base/files.h"

#include <atomic>
#include <thread>

#include "support/error_matchers.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

namespace fs = std::filesystem;
using testing::contents_of;
using testing::TempDir;

std::ptrdiff_t num_entries(const fs::path& folder) { return std::distance(fs::directory_iterator(folder), {}); }

TEST(StagedFolder, AppearsOnlyWhenItIsPublished) {
  const TempDir parent;
  StagedFolder folder(parent / "out");
  write_file_atomic(folder.path() / "file", "x");
  EXPECT_FALSE(fs::exists(parent / "out"));
  folder.publish();
  EXPECT_EQ(contents_of(parent / "out/file"), "x");
  EXPECT_EQ(num_entries(parent.path()), 1);
}

TEST(StagedFolder, IsRemovedWhereItIsNotPublished) {
  const TempDir parent;
  {
    StagedFolder folder(parent / "out");
    write_file_atomic(folder.path() / "file", "x");
  }
  EXPECT_EQ(num_entries(parent.path()), 0);
}

TEST(StagedFolder, StaysPublishedAtTheEndOfItsScope) {
  const TempDir parent;
  StagedFolder(parent / "out").publish();
  EXPECT_TRUE(fs::is_directory(parent / "out"));
}

TEST(StagedFolder, MakesTheFoldersAboveIt) {
  const TempDir parent;
  StagedFolder(parent / "a/b/out").publish();
  EXPECT_TRUE(fs::is_directory(parent / "a/b/out"));
}

TEST(StagedFolder, ATrailingSlashMeansTheSameFolder) {
  const TempDir parent;
  StagedFolder(parent / "out/").publish();
  EXPECT_TRUE(fs::is_directory(parent / "out"));
  EXPECT_EQ(num_entries(parent.path()), 1);
}

TEST(StagedFolder, TakesThePlaceOfAnEmptyFolder) {
  const TempDir parent;
  fs::create_directory(parent / "out");
  StagedFolder folder(parent / "out");
  write_file_atomic(folder.path() / "file", "x");
  folder.publish();
  EXPECT_EQ(contents_of(parent / "out/file"), "x");
}

TEST(StagedFolder, RefusesAFolderWithContentBeforeAnyWork) {
  const TempDir parent;
  parent.write("out/old", "x");
  EXPECT_ERROR(StagedFolder(parent / "out"), ErrorKind::kUsage, "out exists and is not empty");
  EXPECT_EQ(num_entries(parent.path()), 1);
}

TEST(StagedFolder, RefusesAFile) {
  const TempDir parent;
  parent.write("out", "x");
  EXPECT_ERROR(StagedFolder(parent / "out", true), ErrorKind::kUsage, "out is a file; it must be a folder");
}

TEST(StagedFolder, ReplacesAFolderAndLeavesNothingOfTheOldOne) {
  const TempDir parent;
  parent.write("out/old", "x");
  StagedFolder folder(parent / "out", true);
  write_file_atomic(folder.path() / "new", "y");
  EXPECT_TRUE(fs::exists(parent / "out/old"));
  folder.publish();
  EXPECT_TRUE(fs::exists(parent / "out/new"));
  EXPECT_FALSE(fs::exists(parent / "out/old"));
  EXPECT_EQ(num_entries(parent.path()), 1);
}

TEST(StagedFolder, KeepsTheOldFolderWhereTheNewOneIsNotPublished) {
  const TempDir parent;
  parent.write("out/old", "x");
  { StagedFolder folder(parent / "out", true); }
  EXPECT_TRUE(fs::exists(parent / "out/old"));
}

TEST(StagedFolder, RemovesWhatAKilledProcessLeft) {
  const TempDir parent;
  parent.write("out.partial/half", "x");
  StagedFolder folder(parent / "out");
  EXPECT_EQ(num_entries(folder.path()), 0);
}

TEST(StagedFolder, LeavesTheFolderOfALivingProcessAlone) {
  const TempDir parent;
  StagedFolder first(parent / "out");
  write_file_atomic(first.path() / "file", "x");
  EXPECT_ERROR(StagedFolder(parent / "out"), ErrorKind::kEnvironment, "is being written by another process");
  first.publish();
  EXPECT_EQ(contents_of(parent / "out/file"), "x");
}

TEST(StagedFolder, HasOneOwnerAtATimeHoweverManyWantIt) {
  const TempDir parent;
  std::atomic<int> num_owners = 0, num_made = 0;
  const auto want = [&] {
    for (int i = 0; i < 200; ++i) {
      try {
        const StagedFolder folder(parent / "out");
        EXPECT_EQ(++num_owners, 1);
        write_file_atomic(folder.path() / "file", "x");
        ++num_made;
        --num_owners;
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::kEnvironment) << error.what();
      }
    }
  };
  { std::jthread a(want), b(want), c(want); }
  EXPECT_GT(num_made, 0);
}

TEST(StagedFolder, RefusesANameThatNoFolderCanHave) {
  EXPECT_ERROR(StagedFolder(std::string(300, 'x')), ErrorKind::kUsage, "File name too long");
  EXPECT_ERROR(append_file(std::string(300, 'x'), "y"), ErrorKind::kUsage, "File name too long");
}

TEST(StagedFolder, PublishesOnce) {
  const TempDir parent;
  StagedFolder folder(parent / "out");
  folder.publish();
  EXPECT_ERROR(folder.publish(), ErrorKind::kInternal, "was published before");
}

}  // namespace
}  // namespace bertforge
