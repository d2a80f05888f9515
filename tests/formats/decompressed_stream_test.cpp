#include "bertforge/formats/decompressed_stream.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "bertforge/base/error.h"
#include "support/compressed_texts.h"
#include "support/error_matchers.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

using testing::compressed_texts;
using testing::CompressedText;
using testing::kUncompressedText;

std::string read_all(DecompressedStream& stream, std::size_t room) {
  std::string bytes, part(room, '\0');
  for (std::size_t size; (size = stream.read(part.data(), room)) > 0;) bytes.append(part, 0, size);
  EXPECT_EQ(stream.read(part.data(), room), 0u) << "the end stays the end";
  return bytes;
}

std::string text_of(std::string_view file_bytes, std::size_t room = 7) {
  const testing::TempDir folder;
  DecompressedStream stream(folder.write("a", file_bytes).string());
  std::string text = read_all(stream, room);
  EXPECT_EQ(stream.num_bytes_read(), file_bytes.size());
  return text;
}

TEST(DecompressedStream, GivesWhatIsInTheFileHoweverLittleIsAskedFor) {
  for (const CompressedText& compressed : compressed_texts()) {
    for (const std::size_t room : {1, 7, 4096})
      EXPECT_EQ(text_of(compressed.bytes, room), kUncompressedText) << compressed.name;
  }
}

TEST(DecompressedStream, LeavesOtherFilesAsTheyAre) {
  for (const std::string_view text : {"", "B", "BZh", "BZhang wrote a text\n", "\x1F", "plain\n", "P*M is no zstd\n"}) {
    for (const std::size_t room : {1, 4096}) EXPECT_EQ(text_of(text, room), text);
  }
}

TEST(DecompressedStream, ReadsStreamsBehindOneAnotherAndPassesOverZerosBetweenThem) {
  for (const auto& [name, bytes] : compressed_texts()) {
    const std::string padding(4, '\0');
    EXPECT_EQ(text_of(bytes + bytes + padding + bytes + padding),
              std::string(kUncompressedText) + std::string(kUncompressedText) + std::string(kUncompressedText))
        << name;
  }
}

TEST(DecompressedStream, GivesNothingForAnEmptyTextCompressed) {
  EXPECT_EQ(text_of(testing::bytes_of_hex("1f8b080000000000000303000000000000000000")), "");
  EXPECT_EQ(text_of(testing::bytes_of_hex("fd377a585a000004e6d6b446000000001cdf44211fb6f37d010000000004595a")), "");
  EXPECT_EQ(text_of(testing::bytes_of_hex("425a683917724538509000000000")), "");
}

TEST(DecompressedStream, RefusesAFileThatIsCutShortAnywhere) {
  for (const auto& [name, bytes] : compressed_texts()) {
    for (std::size_t size = 10; size < bytes.size(); ++size) {  // The shortest that all formats know themselves by.
      EXPECT_ERROR(text_of(bytes.substr(0, size)), ErrorKind::kInput, "is cut short");
    }
  }
}

TEST(DecompressedStream, NeverGivesAnotherTextForAFileWithADamagedByte) {
  for (const auto& [name, bytes] : compressed_texts()) {
    int num_refused = 0;
    for (std::size_t at = 10; at < bytes.size(); ++at) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
      const testing::TempDir folder;
      DecompressedStream stream(folder.write("a", damaged).string());
      try {
        EXPECT_EQ(read_all(stream, 4096), kUncompressedText) << name << " at " << at;
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::kInput) << error.what();
        ++num_refused;
      }
    }
    EXPECT_GT(num_refused, 0.9 * static_cast<double>(bytes.size() - 10)) << name;
  }
}

TEST(DecompressedStream, RefusesWhatStandsBehindACompressedText) {
  for (const auto& [name, bytes] : compressed_texts()) {
    EXPECT_ERROR(text_of(bytes + "and a tail that is longer than a header"), ErrorKind::kInput,
                 "the " + name + " data is damaged");
  }
}

TEST(DecompressedStream, WaitsForNoMoreOfAPipeThanASignatureTakes) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  DecompressedStream stream("/proc/self/fd/" + std::to_string(ends[0]));
  char data[8];
  ASSERT_EQ(write(ends[1], "a\n", 2), 2);
  EXPECT_EQ(stream.read(data, sizeof data), 2u);
  EXPECT_FALSE(stream.has_more());
  close(ends[1]);
  EXPECT_EQ(stream.read(data, sizeof data), 0u);
  close(ends[0]);
}

TEST(DecompressedStream, KnowsASignatureThatAPipeGivesInParts) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const std::string bytes = compressed_texts().front().bytes;
  DecompressedStream stream("/proc/self/fd/" + std::to_string(ends[0]));
  std::jthread writer([&] {
    for (const char byte : bytes) EXPECT_EQ(write(ends[1], &byte, 1), 1);
    close(ends[1]);
  });
  EXPECT_EQ(read_all(stream, 100), kUncompressedText);
  close(ends[0]);
}

}  // namespace
}  // namespace bertforge
