#include "bertforge/formats/chrome_trace.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "bertforge/base/files.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

using std::chrono::milliseconds;

TEST(ChromeTrace, HasASpanForEachAndALaneForEachName) {
  const testing::TempDir folder;
  ChromeTrace trace(3, "rank 3");
  const auto start = ChromeTrace::Clock::now();
  trace.add("compute", "forward", start, start + milliseconds(5));
  trace.add("exchange", "layers", start + milliseconds(1), start + milliseconds(3));
  trace.add("compute", "backward", start + milliseconds(5), start + milliseconds(6));
  trace.write(folder.path() / "trace.json");
  const auto json = nlohmann::json::parse(read_file(folder.path() / "trace.json"));
  std::map<std::string, nlohmann::json> spans, lanes;
  for (const auto& event : json["traceEvents"]) {
    EXPECT_EQ(event["pid"], 3);
    if (event["ph"] == "X") spans[event["name"]] = event;
    if (event["name"] == "thread_name") lanes[event["args"]["name"]] = event;
  }
  ASSERT_EQ(spans.size(), 3u);
  EXPECT_EQ(spans["forward"]["dur"], 5000.0);
  EXPECT_NEAR(spans["layers"]["ts"].get<double>() - spans["forward"]["ts"].get<double>(), 1000, 1);
  EXPECT_EQ(spans["forward"]["tid"], lanes["compute"]["tid"]);
  EXPECT_EQ(spans["backward"]["tid"], lanes["compute"]["tid"]);
  EXPECT_EQ(spans["layers"]["tid"], lanes["exchange"]["tid"]);
  EXPECT_NE(lanes["compute"]["tid"], lanes["exchange"]["tid"]);
}

TEST(ChromeTrace, TakesASpansTimesFromItsLife) {
  const testing::TempDir folder;
  ChromeTrace trace(0, "this");
  { const TraceSpan span(&trace, "lane", "life"); }
  { const TraceSpan nothing(nullptr, "lane", "none"); }
  trace.write(folder.path() / "trace.json");
  const std::string text = read_file(folder.path() / "trace.json");
  EXPECT_NE(text.find("\"life\""), std::string::npos);
  EXPECT_EQ(text.find("\"none\""), std::string::npos);
}

}  // namespace
}  // namespace bertforge
