#include "bertforge/base/streams.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "support/error_matchers.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

std::string read_all(InputStream& stream) {
  std::string bytes;
  char part[7];
  for (std::size_t size; (size = stream.read(part, sizeof part)) > 0;) bytes.append(part, size);
  return bytes;
}

TEST(InputStream, ReadsAFileToItsEnd) {
  const testing::TempDir folder;
  InputStream stream(folder.write("a.txt", "thirteen bytes").string());
  EXPECT_TRUE(stream.has_more());
  EXPECT_EQ(read_all(stream), "thirteen bytes");
  EXPECT_TRUE(stream.has_more());  // The end does not have to be waited for.
}

TEST(InputStream, WaitsForAPipeEvenWhereSomebodyMadeItOneThatDoesNotWait) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_NONBLOCK), 0);
  InputStream stream("/proc/self/fd/" + std::to_string(ends[0]));
  EXPECT_FALSE(stream.has_more());
  std::jthread writer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(write(ends[1], "late", 4), 4);
    close(ends[1]);
  });
  EXPECT_EQ(read_all(stream), "late");
  close(ends[0]);
}

TEST(InputStream, RefusesWhatIsNoFile) {
  EXPECT_ERROR(InputStream("/nowhere"), ErrorKind::kUsage, "/nowhere: there is no such file");
  EXPECT_ERROR(InputStream("/tmp"), ErrorKind::kUsage, "/tmp is a folder");
  EXPECT_EQ(input_name("-"), "standard input");
}

TEST(StandardOutput, IsWrittenAtOnceInWhole) {
  const std::string large(300000, 'x');  // More than a pipe holds.
  ::testing::internal::CaptureStdout();
  write_standard_output(large);
  write_standard_output("\n");
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), large + "\n");
}

}  // namespace
}  // namespace bertforge
