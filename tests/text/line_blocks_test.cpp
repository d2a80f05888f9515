#include "bertforge/text/line_blocks.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "bertforge/base/random.h"
#include "support/error_matchers.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

using ::testing::ElementsAre;

// Parts of a line end in "\\", lines in "$": "a b \\", "c$".
std::vector<std::string> parts_of(const std::string& content, LineBlockSizes sizes = {}) {
  const testing::TempDir folder;
  LineBlockReader reader(folder.write("a.txt", content).string(), sizes);
  std::vector<std::string> parts;
  std::int64_t number = 1;
  bool begins = true;
  for (LineBlock block; reader.next(block);) {
    block.for_each_part([&](const LinePart& part) {
      EXPECT_EQ(part.number, number);
      EXPECT_EQ(part.begins_line, begins);
      EXPECT_LE(part.text.size(), sizes.max_line_bytes);
      begins = part.ends_line;
      number += part.ends_line;
      parts.push_back(std::string(part.text) + (part.ends_line ? "$" : "\\"));
    });
  }
  EXPECT_EQ(reader.num_bytes_read(), content.size());
  return parts;
}

TEST(LineBlocks, AreLinesThatEndAtLineFeedsOnly) {
  EXPECT_THAT(parts_of("a\rb\n\n\u2028c\nd"), ElementsAre("a\rb$", "$", "\u2028c$", "d$"));
  EXPECT_THAT(parts_of("a\n"), ElementsAre("a$"));
  EXPECT_THAT(parts_of("\n"), ElementsAre("$"));
  EXPECT_THAT(parts_of(""), ElementsAre());
}

TEST(LineBlocks, PassOverAByteOrderMarkThatOpensTheText) {
  EXPECT_THAT(parts_of("\uFEFFa\n\uFEFFb\n"), ElementsAre("a$", "\uFEFFb$"));
  EXPECT_THAT(parts_of("\uFEFF"), ElementsAre());
}

TEST(LineBlocks, KeepALineOfTheGreatestLengthWholeAndCutALongerOneBehindItsLastWhiteSpace) {
  for (const std::size_t block_bytes : {1, 3, 8, 100}) {
    const LineBlockSizes sizes{.block_bytes = block_bytes, .max_line_bytes = 8};
    EXPECT_THAT(parts_of("ab cd ef\n", sizes), ElementsAre("ab cd ef$"));
    EXPECT_THAT(parts_of("ab cd ef", sizes), ElementsAre("ab cd ef$"));
    EXPECT_THAT(parts_of("x\nab cd efg\ny\n", sizes), ElementsAre("x$", "ab cd \\", "efg$", "y$"));
    EXPECT_THAT(parts_of("ab\tcdefgh", sizes), ElementsAre("ab\t\\", "cdefgh$"));
    EXPECT_THAT(parts_of("abcdefg \n", sizes), ElementsAre("abcdefg $"));
    EXPECT_THAT(parts_of("abcdefg\r ij\n", sizes), ElementsAre("abcdefg\r\\", " ij$"));
  }
}

TEST(LineBlocks, CutWhereACodePointEndsIfThereIsNoWhiteSpace) {
  const LineBlockSizes sizes{.block_bytes = 5, .max_line_bytes = 8};
  EXPECT_THAT(parts_of("abcdefghi\n", sizes), ElementsAre("abcdefgh\\", "i$"));
  EXPECT_THAT(parts_of("abcdefg\u00E9", sizes), ElementsAre("abcdefg\\", "\u00E9$"));
  EXPECT_THAT(parts_of("abcde\U0001F600i", sizes), ElementsAre("abcde\\", "\U0001F600i$"));
  EXPECT_THAT(parts_of("abcd\U0001F600i", sizes), ElementsAre("abcd\U0001F600\\", "i$"));
  EXPECT_THAT(parts_of("\u65E5\u672C\u8A9E", sizes), ElementsAre("\u65E5\u672C\\", "\u8A9E$"));
  EXPECT_THAT(parts_of("abcd\x80\x80\x80\x80\x80\x80", sizes), ElementsAre("abcd\x80\x80\x80\x80\\", "\x80\x80$"));
}

TEST(LineBlocks, ReadTextThatBeginsAsACompressedFileMight) {
  EXPECT_THAT(parts_of("BZhang wrote a text"), ElementsAre("BZhang wrote a text$"));
}

TEST(LineBlocks, RefuseWhatIsNoText) {
  EXPECT_ERROR(parts_of("\xFD\x37zXZ"), ErrorKind::kInput, "a.txt is xz data, not text");
  EXPECT_ERROR(parts_of("\x1F\x8B\x08\xFF..."), ErrorKind::kInput, "a.txt: the gzip data is damaged");
  EXPECT_ERROR(parts_of(std::string(100, '\0')), ErrorKind::kInput, "100 of its first 100 bytes are 0");
  EXPECT_ERROR(LineBlockReader("/nowhere.txt"), ErrorKind::kUsage, "there is no such file");
  EXPECT_ERROR(LineBlockReader("/"), ErrorKind::kUsage, "is a folder");
}

// What the parts must be, told line by line.
std::vector<std::string> expected_parts(std::string_view content, std::size_t max_line_bytes) {
  std::vector<std::string> parts;
  while (!content.empty()) {
    const std::size_t end = content.find('\n');
    std::string_view line = content.substr(0, end);
    content.remove_prefix(end == std::string_view::npos ? content.size() : end + 1);
    while (line.size() > max_line_bytes) {
      const std::size_t cut = line_cut(line, max_line_bytes);
      parts.push_back(std::string(line.substr(0, cut)) + "\\");
      line.remove_prefix(cut);
    }
    parts.push_back(std::string(line) + "$");
  }
  return parts;
}

TEST(LineBlocks, DoNotDependOnTheirSize) {
  CounterRandom random(5);
  for (int round = 0; round < 2000; ++round) {
    std::string content = "x";  // No file of another kind begins with it.
    for (std::uint64_t length = random.below(60); length > 0; --length) {
      static constexpr std::string_view kBytes = "aaaabbbb \t\r\n\n\xC3\xA9\x80\xF0";
      content += kBytes[random.below(kBytes.size())];
    }
    const LineBlockSizes sizes{.block_bytes = 1 + random.below(40), .max_line_bytes = 4 + random.below(12)};
    ASSERT_EQ(parts_of(content, sizes), expected_parts(content, sizes.max_line_bytes)) << content;
  }
}

// A pipe's end to write into, and the path by which the other end is read.
class Pipe {
 public:
  Pipe() { EXPECT_EQ(pipe(ends_), 0); }
  ~Pipe() {
    close(ends_[0]);
    close_writer();
  }
  std::string path() const { return "/dev/fd/" + std::to_string(ends_[0]); }
  void write(std::string_view text) {
    EXPECT_EQ(::write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void close_writer() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  int ends_[2] = {-1, -1};
};

TEST(LineBlocks, OfAPipeHaveWhatHasArrived) {
  Pipe pipe;
  LineBlockReader reader(pipe.path());
  LineBlock block;
  int num_waits = 0;
  const auto next = [&] {
    return reader.next(block, [&] {
      ++num_waits;
      pipe.write("d\n");
    });
  };
  pipe.write("a\nb\nc");
  EXPECT_TRUE(next());
  EXPECT_EQ(block.bytes, "a\nb\n");
  EXPECT_EQ(num_waits, 0);
  EXPECT_TRUE(next());  // Nothing is there, so that it waits, for the line's end.
  EXPECT_EQ(block.bytes, "cd\n");
  EXPECT_EQ(num_waits, 1);
  pipe.write("e");
  pipe.close_writer();
  EXPECT_TRUE(next());
  EXPECT_EQ(block.bytes, "e");
  EXPECT_FALSE(next());
  EXPECT_EQ(num_waits, 1);
}

}  // namespace
}  // namespace bertforge
