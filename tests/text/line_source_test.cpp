#include "bertforge/text/line_source.h"

#include <gmock/gmock.h>

#include "support/error_matchers.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

using ::testing::ElementsAre;
using Event = LineSource::Event;

std::vector<std::string> lines_of(LineSource& source) {
  std::vector<std::string> lines;
  std::string line;
  for (Event event; (event = source.next(line)) != Event::kEnd;) {
    lines.push_back(event == Event::kLine ? std::to_string(source.line_number()) + " " + line : "end of file");
  }
  return lines;
}

TEST(LineSource, HasTheLinesOfAllFilesWithTheirNumbers) {
  const testing::TempDir folder;
  LineSource source({folder.write("a", "\uFEFFone\n\nthree").string(), folder.write("b", "").string(),
                     folder.write("c", "four\n").string(), folder.write("d", "\uFEFF").string()});
  EXPECT_THAT(lines_of(source), ElementsAre("1 one", "2 ", "3 three", "end of file", "end of file", "1 four",
                                            "end of file", "end of file"));
  EXPECT_EQ(source.num_bytes_total(), 21u);
  EXPECT_EQ(source.num_bytes_read(), 21u);
}

TEST(LineSource, CutsALineThatIsTooLongOrRefusesIt) {
  const testing::TempDir folder;
  const std::string longest(kMaxLineBytes - 2, 'a');
  const std::string fits = folder.write("fits", "x\n" + longest + " b\nc\n").string();
  const std::string too_long = folder.write("long", "x\n" + longest + " bc\nd\n").string();
  LineSource whole({fits}, LongLines::kRefuse);
  EXPECT_EQ(lines_of(whole).size(), 4u);
  LineSource cut({too_long});
  EXPECT_THAT(lines_of(cut), ElementsAre("1 x", "2 " + longest + " ", "2 bc", "3 d", "end of file"));
  LineSource refusing({too_long}, LongLines::kRefuse);
  EXPECT_ERROR(lines_of(refusing), ErrorKind::kInput, "long:2: the line is longer than 16 MiB");
}

}  // namespace
}  // namespace bertforge
