#include "bertforge/app/line_pipeline.h"

#include <gtest/gtest.h>

#include "bertforge/base/random.h"
#include "support/error_matchers.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

// What is printed for `content` by a function that puts "<" and ">" around parts, "+" where a part goes on.
std::string printed(const std::string& content, int num_threads, LineBlockSizes sizes, const LineFunction& function) {
  const testing::TempDir folder;
  const auto file = folder.write("a.txt", content);
  ::testing::internal::CaptureStdout();
  try {
    run_line_pipeline(
        file.string(), num_threads, [&] { return function; }, sizes);
  } catch (const Error& error) {
    return ::testing::internal::GetCapturedStdout() + "! " + error.what();
  }
  return ::testing::internal::GetCapturedStdout();
}

void echo(const LinePart& line, std::string& output) {
  output += line.begins_line ? "" : " ";
  output += line.text;
}

TEST(LinePipeline, AnswersInOrderWhateverTheThreadsAndBlocks) {
  CounterRandom random(3);
  std::string content, expected;
  for (int i = 0; i < 3000; ++i) {
    const std::string line(random.below(30), static_cast<char>('a' + i % 26));
    content += line + "\n";
    expected += line + "\n";
  }
  for (const int num_threads : {1, 2, 5}) {
    for (const std::size_t block_bytes : {1, 57, 4096, 1 << 20}) {
      ASSERT_EQ(printed(content, num_threads, {.block_bytes = block_bytes}, echo), expected)
          << num_threads << " threads, blocks of " << block_bytes;
    }
  }
}

TEST(LinePipeline, JoinsThePartsOfALongLine) {
  for (const int num_threads : {1, 3}) {
    const LineBlockSizes sizes{.block_bytes = 4, .max_line_bytes = 6};
    EXPECT_EQ(printed("ab cd efgh ij\nkl\n", num_threads, sizes, echo), "ab cd  efgh  ij\nkl\n");
    // Parts without an answer, of which the first takes the space of the next.
    const auto without_blanks = [](const LinePart& line, std::string& output) {
      if (line.text.find_first_not_of(' ') != std::string::npos) echo(line, output);
    };
    EXPECT_EQ(printed("x\n             ab\ny\n", num_threads, sizes, without_blanks), "x\n ab\ny\n");
    EXPECT_EQ(printed("            \ny", num_threads, sizes, without_blanks), "\ny\n");
  }
}

TEST(LinePipeline, EndsAtTheFirstFaultWithAllAnswersBeforeIt) {
  std::string content, expected;
  for (int i = 0; i < 500; ++i) content += std::to_string(i) + "\n";
  for (int i = 0; i < 333; ++i) expected += std::to_string(i) + "\n";
  const auto refuse_some = [](const LinePart& line, std::string& output) {
    output += line.text;
    if (line.text == "333" || line.text == "335" || line.text == "480") {
      fail(ErrorKind::kInput, "line ", line.number, " is bad");
    }
  };
  for (const int num_threads : {1, 2, 5}) {
    for (const std::size_t block_bytes : {1, 64, 1 << 20}) {
      ASSERT_EQ(printed(content, num_threads, {.block_bytes = block_bytes}, refuse_some),
                expected + "! line 334 is bad");
    }
  }
}

TEST(LinePipeline, EndsWhereAFunctionForAThreadCannotBeMade) {
  const testing::TempDir folder;
  const std::string file = folder.write("a.txt", "a\n").string();
  for (const int last : {1, 2, 3}) {
    int num_made = 0;
    const auto make_function = [&]() -> LineFunction {
      if (++num_made == last) fail(ErrorKind::kInput, "function ", last);
      return echo;
    };
    EXPECT_ERROR(run_line_pipeline(file, 4, make_function), ErrorKind::kInput, "function " + std::to_string(last));
    EXPECT_EQ(num_made, last);
  }
}

}  // namespace
}  // namespace bertforge
