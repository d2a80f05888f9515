#include "bertforge/report/run_record.h"

#include "run_folder.h"
#include "support/error_matchers.h"

namespace bertforge {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ParseRunSettings, HasAKeyALineUnderItsSection) {
  EXPECT_THAT(parse_run_settings("# As used.\n\ntop = 1\n[vocab]\nsize = 300\n\n[data]\ntrain = [\"a=b\", \"c\"]\r\n"),
              ElementsAre(RunSetting{"", "top", "1"}, RunSetting{"vocab", "size", "300"},
                          RunSetting{"data", "train", "[\"a=b\", \"c\"]"}));
}

TEST(ParseRunSettings, AddsLinesThatAreNoSettingToTheValueAbove) {
  EXPECT_THAT(parse_run_settings("[data]\ntrain = [\n  \"a = b\",\n]\nroot = \"\""),
              ElementsAre(RunSetting{"data", "train", "[\n\"a = b\",\n]"}, RunSetting{"data", "root", "\"\""}));
}

TEST(ParseRunSettings, TakesAnyText) {
  EXPECT_THAT(parse_run_settings(""), IsEmpty());
  EXPECT_THAT(parse_run_settings("nonsense\n]\n[\n=\n"), ElementsAre(RunSetting{"", "", ""}));
}

TEST(ReadRun, HasFiguresPredictionsSettingsAndSessions) {
  const TempDir folder;
  make_run(folder, "a", train_line(1, 5));
  folder.write("a/config.toml", "[model]\nhidden_size = 16\n");
  folder.write("a/predictions.jsonl", predictions_line(1, "the", 0.5));
  folder.write("a/run.json", R"({"sessions": [{"CPU": "x", "resumed_from": null, "threads": 2}]})");
  const FullRunRecord run = read_full_run(folder / "a/");
  EXPECT_EQ(run.name, "a");
  EXPECT_EQ(run.metrics.train.size(), 1u);
  EXPECT_EQ(run.predictions.size(), 1u);
  EXPECT_THAT(run.settings, ElementsAre(RunSetting{"model", "hidden_size", "16"}));
  ASSERT_EQ(run.sessions.size(), 1u);
  EXPECT_EQ(session_fact(run.sessions[0], "CPU"), "x");
  EXPECT_EQ(session_fact(run.sessions[0], "threads"), "2");
  EXPECT_EQ(session_fact(run.sessions[0], "resumed_from"), "");
}

TEST(ReadRun, NeedsTheFiguresAlone) {
  const TempDir folder;
  const FullRunRecord run = read_full_run(make_run(folder, "a", ""));
  EXPECT_THAT(run.settings, IsEmpty());
  EXPECT_THAT(run.sessions, IsEmpty());
  EXPECT_THAT(run.predictions, IsEmpty());
}

TEST(ReadRun, RefusesARunJsonThatIsNone) {
  const TempDir folder;
  const auto run = make_run(folder, "a", "");
  for (const char* bad : {"", "[]", "{}", "{\"sessions\": 3}", "{\"sessions\": [3]}"}) {
    folder.write("a/run.json", bad);
    EXPECT_ERROR(read_full_run(run), ErrorKind::kInput, "a/run.json: ");
  }
}

TEST(ReadRun, LeavesWhatNoComparisonShowsUnread) {
  const TempDir folder;
  const auto run = make_run(folder, "a", train_line(1, 5));
  folder.write("a/config.toml", "[model]\nhidden_size = 16\n");
  folder.write("a/run.json", "[]");
  folder.write("a/predictions.jsonl", "{\"step\"\n");
  EXPECT_EQ(read_run(run).metrics.train.size(), 1u);
  EXPECT_THAT(read_run(run).settings, ElementsAre(RunSetting{"model", "hidden_size", "16"}));
  EXPECT_ERROR(read_full_run(run), ErrorKind::kInput, "a/run.json: ");
}

}  // namespace
}  // namespace bertforge
