#include "bertforge/base/files.h"

#include <sys/stat.h>

#include <thread>

#include "support/error_matchers.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

using testing::contents_of;
using testing::TempDir;

TEST(ReadFile, GivesAllBytes) {
  const TempDir folder;
  const std::string bytes("a\0b\r\n\xff", 6);
  EXPECT_EQ(read_file(folder.write("file", bytes)), bytes);
  EXPECT_EQ(read_file(folder.write("empty", "")), "");
}

TEST(ReadFile, ReadsAPipeToItsEnd) {
  const TempDir folder;
  const auto pipe = folder / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const std::string text(200000, 'x');
  std::jthread writer([&] { std::ofstream(pipe) << text; });
  EXPECT_EQ(read_file(pipe), text);
}

TEST(ReadFile, SaysWhatIsWrongWithThePath) {
  const TempDir folder;
  EXPECT_ERROR(read_file(folder / "missing"), ErrorKind::kUsage, "missing: there is no such file");
  EXPECT_ERROR(read_file(folder.path()), ErrorKind::kUsage, "is a folder; it must be a file");
}

TEST(RequireFolder, SaysWhatIsWrongWithThePath) {
  const TempDir folder;
  EXPECT_NO_THROW(require_folder(folder.path()));
  EXPECT_ERROR(require_folder(folder / "missing"), ErrorKind::kUsage, "missing: there is no such folder");
  EXPECT_ERROR(require_folder(folder.write("file", "")), ErrorKind::kUsage, "is a file; it must be a folder");
}

TEST(WriteFileAtomic, ReplacesTheContentAndLeavesNothingElse) {
  const TempDir folder;
  const auto path = folder.write("file", "old");
  write_file_atomic(path, "new");
  EXPECT_EQ(contents_of(path), "new");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(WriteFileAtomic, TakesABareName) {
  const TempDir folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  write_file_atomic("bare", "x");
  std::filesystem::current_path(before);
  EXPECT_EQ(contents_of(folder / "bare"), "x");
}

TEST(WriteFileAtomic, LeavesTheOldFileWhereTheNewOneCannotStand) {
  const TempDir folder;
  std::filesystem::create_directory(folder / "file");
  EXPECT_ERROR(write_file_atomic(folder / "file", "x"), ErrorKind::kUsage, "cannot be written: Is a directory");
  EXPECT_FALSE(std::filesystem::exists(folder / "file.partial"));
}

TEST(WriteFileAtomic, AMissingFolderIsAUsageError) {
  const TempDir folder;
  EXPECT_ERROR(write_file_atomic(folder / "no/file", "x"), ErrorKind::kUsage, "cannot be written: No such file");
}

TEST(StagedFile, AppearsWhenItIsPublishedAndReplacesTheOldOne) {
  const TempDir folder;
  folder.write("file", "old");
  StagedFile file(folder / "file");
  file.writer().write("xew");
  file.writer().overwrite(0, "n");
  file.writer().write("est");
  EXPECT_EQ(contents_of(folder / "file"), "old");
  file.publish();
  EXPECT_EQ(contents_of(folder / "file"), "newest");
  EXPECT_FALSE(path_exists(folder / "file.partial"));
}

TEST(StagedFile, IsWrittenByOneProcessAtATime) {
  const TempDir folder;
  StagedFile file(folder / "file");
  file.writer().write("x");
  EXPECT_ERROR(StagedFile(folder / "file"), ErrorKind::kEnvironment,
               "file.partial is being written by another process");
  file.publish();
  EXPECT_EQ(contents_of(folder / "file"), "x");
}

TEST(StagedFile, ALinkToAFileStaysALink) {
  const TempDir folder;
  folder.write("file", "old");
  std::filesystem::create_symlink("file", folder / "link");
  StagedFile file(folder / "link");
  file.writer().write("new");
  file.publish();
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(contents_of(folder / "file"), "new");
}

TEST(StagedFile, LeavesNothingWhereItIsNotPublished) {
  const TempDir folder;
  { StagedFile(folder / "file").writer().write("x"); }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(StagedFile, ADeviceIsWrittenToAndStaysADevice) {
  StagedFile file("/dev/null");
  file.writer().write("x");
  file.publish();
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST(AppendFile, AddsToTheEnd) {
  const TempDir folder;
  append_file(folder / "file", "one\n");
  append_file(folder / "file", "two\n");
  EXPECT_EQ(contents_of(folder / "file"), "one\ntwo\n");
}

TEST(AppendFile, AFullDiskIsAnErrorOfTheEnvironment) {
  EXPECT_ERROR(append_file("/dev/full", "x"), ErrorKind::kEnvironment,
               "/dev/full cannot be written: No space left on device");
}

TEST(MappedFile, ShowsTheBytes) {
  const TempDir folder;
  const MappedFile file(folder.write("file", "abc"));
  EXPECT_EQ(file.text(), "abc");
  EXPECT_EQ(file.bytes().size(), 3u);
}

TEST(MappedFile, AnEmptyFileIsAnEmptyView) {
  const TempDir folder;
  const MappedFile file(folder.write("file", ""));
  EXPECT_EQ(file.text(), "");
  EXPECT_TRUE(file.as<std::int32_t>().empty());
}

TEST(MappedFile, ReadsAsAnArray) {
  const TempDir folder;
  const MappedFile file(folder.write("file", std::string("\1\0\2\0", 4)));
  EXPECT_EQ(file.as<std::uint16_t>()[1], 2);
}

TEST(MappedFile, RefusesAnArrayThatWasCutShort) {
  const TempDir folder;
  const MappedFile file(folder.write("file", "abc"));
  EXPECT_ERROR(file.as<std::uint16_t>(), ErrorKind::kInput, "has 3 bytes; its size must be a multiple of 2");
}

TEST(MappedFile, MovesItsMapping) {
  const TempDir folder;
  MappedFile first(folder.write("file", "abc"));
  MappedFile second = std::move(first);
  first = MappedFile(folder.write("other", "de"));
  EXPECT_EQ(second.text(), "abc");
  EXPECT_EQ(first.text(), "de");
}

TEST(MappedFile, RefusesWhatCannotBeMapped) {
  EXPECT_ERROR(MappedFile("/dev/null"), ErrorKind::kUsage, "is a pipe or a device");
  EXPECT_ERROR(MappedFile("/nowhere"), ErrorKind::kUsage, "there is no such file");
}

TEST(FileWriter, WritesSmallAndLargePiecesInOrder) {
  const TempDir folder;
  const std::string large(3 << 20, 'x');
  FileWriter writer(folder / "file");
  writer.write("head ");
  writer.write(large);
  const std::array<std::uint16_t, 2> values = {0x4241, 0x4443};
  writer.write_array(std::span<const std::uint16_t>(values));
  EXPECT_EQ(writer.num_bytes(), large.size() + 9);
  writer.close();
  EXPECT_EQ(contents_of(folder / "file"), "head " + large + "ABCD");
}

TEST(FileWriter, AFullDiskIsAnErrorOfTheEnvironment) {
  FileWriter writer("/dev/full");
  writer.write("x");
  EXPECT_ERROR(writer.close(), ErrorKind::kEnvironment, "/dev/full cannot be written: No space left on device");
}

TEST(FileWriter, AFullDiskShowsBeforeTheEndOfALargeFile) {
  FileWriter writer("/dev/full");
  EXPECT_ERROR(writer.write(std::string(5 << 20, 'x')), ErrorKind::kEnvironment, "No space left on device");
}

TEST(FileWriter, ClosedFilesTakeNothing) {
  const TempDir folder;
  FileWriter writer(folder / "file");
  writer.close();
  EXPECT_ERROR(writer.write("x"), ErrorKind::kInternal, "is closed");
}

// The published test vectors of 64-bit FNV-1a.
TEST(Fnv1a, IsThePublishedFunction) {
  EXPECT_EQ(fnv1a(""), 0xcbf29ce484222325U);
  EXPECT_EQ(fnv1a("a"), 0xaf63dc4c8601ec8cU);
  EXPECT_EQ(fnv1a("foobar"), 0x85944171f73967e8U);
}

TEST(ContentHash, IsFnv1aInHexadecimalDigits) {
  EXPECT_EQ(content_hash(""), "cbf29ce484222325");
  EXPECT_EQ(content_hash("a"), "af63dc4c8601ec8c");
  EXPECT_EQ(content_hash("foobar"), "85944171f73967e8");
}

TEST(ContentHash, OfAFileIsThatOfItsBytes) {
  const TempDir folder;
  EXPECT_EQ(file_content_hash(folder.write("file", "foobar")), content_hash("foobar"));
}

}  // namespace
}  // namespace bertforge
