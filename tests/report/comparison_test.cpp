#include "bertforge/report/comparison.h"

#include <nlohmann/json.hpp>

#include "bertforge/formats/json.h"
#include "run_folder.h"
#include "support/error_matchers.h"

namespace bertforge {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Two runs of unlike lengths; the second is faster to 5.0.
std::string long_run() {
  return train_line(5, 6) + evaluation_line(10, 5.5) + evaluation_line(20, 4.5) + evaluation_line(30, 5);
}
std::string short_run() { return evaluation_line(8, 4.75) + train_line(8, 5); }

Comparison compare(const TempDir& folder, const std::vector<std::string>& names) {
  std::vector<RunRecord> runs;
  for (const std::string& name : names) runs.push_back(read_run(folder / name));
  return compare_runs(std::move(runs));
}

TEST(Comparison, HasARowARun) {
  const TempDir folder;
  make_run(folder, "a", long_run());
  make_run(folder, "b", short_run());
  const Comparison comparison = compare(folder, {"a", "b"});
  ASSERT_EQ(comparison.rows.size(), 2u);
  const ComparisonRow& row = comparison.rows[0];
  EXPECT_EQ(row.name, "a");
  EXPECT_EQ(row.updates, 30);
  EXPECT_EQ(row.tokens, 300);
  EXPECT_EQ(row.minutes, 3);
  EXPECT_DOUBLE_EQ(row.tokens_per_second.value(), 300 / 180.0);
  EXPECT_EQ(row.final_loss, 5);
  EXPECT_EQ(row.best_loss, 4.5);
  EXPECT_EQ(row.below_baseline, 1);
  EXPECT_EQ(row.nsp_balanced_accuracy, 0.75);
}

TEST(Comparison, SaysWhenARunIsFirstAsGoodAsTheFirstAtItsEnd) {
  const TempDir folder;
  make_run(folder, "a", long_run());
  make_run(folder, "b", short_run());
  make_run(folder, "c", evaluation_line(40, 5.01));
  const Comparison comparison = compare(folder, {"a", "b", "c"});
  EXPECT_EQ(comparison.target_loss, 5);
  EXPECT_EQ(comparison.rows[0].minutes_to_target, 2);  // At update 20, before its end.
  EXPECT_EQ(comparison.rows[0].tokens_to_target, 200);
  EXPECT_DOUBLE_EQ(comparison.rows[1].minutes_to_target.value(), 0.8);
  EXPECT_EQ(comparison.rows[1].tokens_to_target, 80);
  EXPECT_EQ(comparison.rows[2].minutes_to_target, std::nullopt);
  EXPECT_EQ(comparison.rows[2].tokens_to_target, std::nullopt);
}

TEST(Comparison, HasNoTargetWhereTheFirstRunHasNoLoss) {
  const TempDir folder;
  make_run(folder, "a", train_line(5, 6));
  make_run(folder, "b", short_run());
  const Comparison comparison = compare(folder, {"a", "b"});
  EXPECT_EQ(comparison.target_loss, std::nullopt);
  EXPECT_EQ(comparison.rows[1].minutes_to_target, std::nullopt);
  EXPECT_THAT(comparison.notes, ElementsAre("a has no held-out masked_lm loss"));
}

TEST(Comparison, TellsRunsApartByAsMuchOfTheirPathsAsThatTakes) {
  const TempDir folder;
  for (const char* name : {"x/a", "x/b", "y/a"}) make_run(folder, name, short_run());
  EXPECT_EQ(compare(folder, {"x/a", "x/b"}).rows[1].name, "b");
  EXPECT_EQ(compare(folder, {"x/a/", "y/a"}).rows[0].name, "x/a");
  EXPECT_EQ(compare(folder, {"x/a", "x/a"}).rows[1].name, "a");
  EXPECT_EQ(compare(folder, {"x/a"}).rows[0].name, "a");
}

TEST(Comparison, ListsTheSettingsThatDiffer) {
  const TempDir folder;
  make_run(folder, "a", "");
  make_run(folder, "b", "");
  folder.write("a/config.toml", "[train]\nseed = 1\nkernels = \"auto\"\n[run]\noutput = \"a\"\n");
  folder.write("b/config.toml", "[train]\nseed = 2\nkernels = \"auto\"\nnew = 3\n[run]\noutput = \"b\"\n");
  const Comparison comparison = compare(folder, {"a", "b"});
  ASSERT_EQ(comparison.differences.size(), 2u);
  EXPECT_EQ(comparison.differences[0].setting, "train.seed");
  EXPECT_THAT(comparison.differences[0].values, ElementsAre("1", "2"));
  EXPECT_EQ(comparison.differences[1].setting, "train.new");
  EXPECT_THAT(comparison.differences[1].values, ElementsAre("", "3"));
  EXPECT_THAT(comparison_text(comparison), HasSubstr("train.new   -  3\n"));
}

TEST(Comparison, WarnsWhereTheLossesAreOfUnlikeTargets) {
  const TempDir folder;
  make_run(folder, "a", evaluation_line(1, 5, 6));
  make_run(folder, "b", evaluation_line(1, 5, 6.5));
  const Comparison comparison = compare(folder, {"a", "b"});
  ASSERT_EQ(comparison.notes.size(), 1u);
  EXPECT_THAT(comparison.notes[0], HasSubstr("the unigram baselines differ (6.0000 to 6.5000)"));
  EXPECT_THAT(comparison_text(comparison), HasSubstr("\nNote: the unigram baselines differ"));
  EXPECT_THAT(comparison_html(comparison), Not(HasSubstr(">unigram baseline ")));
  EXPECT_THAT(compare(folder, {"a", "a"}).notes, IsEmpty());
}

TEST(ComparisonText, IsAnAlignedTable) {
  const TempDir folder;
  make_run(folder, "é", long_run());
  make_run(folder, "second", short_run());
  const std::string text = comparison_text(compare(folder, {"é", "second"}));
  EXPECT_EQ(text,
            "run     updates  tokens  minutes  tokens/s  final loss  best loss  below baseline  NSP balanced  "
            "minutes to 5.0000  tokens to 5.0000\n"
            "é            30     300      3.0         2      5.0000     4.5000          1.0000         0.750  "
            "              2.0               200\n"
            "second        8      80      0.8         2      4.7500     4.7500          1.2500         0.750  "
            "              0.8                80\n");
}

TEST(ComparisonText, HasADashForWhatWasNotMeasured) {
  const TempDir folder;
  make_run(folder, "a", "");
  const std::string text = comparison_text(compare(folder, {"a"}));
  EXPECT_THAT(text, HasSubstr("\na          0       0      0.0         -           -          -  "));
}

TEST(ComparisonText, HasNoControlCharacters) {
  const TempDir folder;
  make_run(folder, "a", "");
  make_run(folder, "b", "");
  folder.write("a/config.toml", "[train]\nseed = \x1b[2J1\n");
  EXPECT_THAT(comparison_text(compare(folder, {"a", "b"})), Not(HasSubstr("\x1b")));
}

TEST(ComparisonJson, HasEveryFigureAndNullForNone) {
  const TempDir folder;
  make_run(folder, "a", long_run());
  make_run(folder, "b", train_line(3, 5));
  const auto json = parse_json(comparison_json(compare(folder, {"a", "b"})), "json");
  EXPECT_EQ(json["target_loss"], 5);
  EXPECT_EQ(json["runs"][0]["run"], "a");
  EXPECT_EQ(json["runs"][0]["folder"], (folder / "a").string());
  EXPECT_EQ(json["runs"][0]["tokens_to_target"], 200);
  EXPECT_TRUE(json["runs"][1]["final_loss"].is_null());
  EXPECT_TRUE(json["runs"][1]["minutes_to_target"].is_null());
  EXPECT_EQ(json["notes"].size(), 1u);
  EXPECT_TRUE(json["differences"].is_array());
}

TEST(ComparisonHtml, HasEachMeasureOverUpdatesTokensAndTime) {
  const TempDir folder;
  make_run(folder, "a", long_run());
  make_run(folder, "b", short_run());
  const std::string page = comparison_html(compare(folder, {"a", "b"}));
  EXPECT_EQ(count_of(page, "<figcaption>Held-out masked_lm loss</figcaption>"), 3);
  EXPECT_EQ(count_of(page, "<input type=\"radio\" name=\"axis\""), 3);
  EXPECT_EQ(count_of(page, " checked>"), 1);
  for (const char* id : {"by-steps", "by-tokens", "by-time"}) {
    EXPECT_THAT(page, HasSubstr(std::string("<figure class=\"") + id + "\">"));
    EXPECT_THAT(page, HasSubstr(std::string("id=\"") + id + "\""));
  }
  EXPECT_THAT(page, HasSubstr("a, 10 updates: 5.5"));
  EXPECT_THAT(page, HasSubstr("a, 100 tokens: 5.5"));
  EXPECT_THAT(page, HasSubstr("a, 1 minutes: 5.5"));
  EXPECT_THAT(page, HasSubstr("unigram baseline 6.000"));
}

TEST(ComparisonHtml, CountsHoursWhereARunTookLong) {
  const TempDir folder;
  make_run(folder, "a", evaluation_line(6000, 5));  // 600 minutes
  EXPECT_THAT(comparison_html(compare(folder, {"a"})), HasSubstr("a, 10 hours: 5"));
}

TEST(ComparisonHtml, EscapesWhateverItReads) {
  const TempDir folder;
  folder.write("r/<script>/metrics.jsonl", long_run());
  folder.write("r/b/metrics.jsonl", "");
  folder.write("r/b/config.toml", "[<script>]\n<script> = <script>\n");
  const std::string page = comparison_html(compare(folder, {"r/<script>", "r/b"}));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
}

}  // namespace
}  // namespace bertforge
