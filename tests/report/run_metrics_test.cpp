#include "bertforge/report/run_metrics.h"

#include "run_folder.h"
#include "support/error_matchers.h"

namespace bertforge {
namespace {

using namespace testing;
using ::testing::ElementsAre;

TEST(RunMetrics, AreReadAsTheyStand) {
  const TempDir folder;
  const RunMetrics metrics =
      read_run_metrics(make_run(folder, "a", evaluation_line(6, 5.5) + train_line(6, 5.75) + train_line(9, 5)));
  ASSERT_EQ(metrics.train.size(), 2u);
  ASSERT_EQ(metrics.evaluations.size(), 1u);
  EXPECT_EQ(metrics.train[1].step, 9);
  EXPECT_EQ(metrics.train[1].tokens, 90);
  EXPECT_EQ(metrics.train[1].seconds, 54);
  EXPECT_EQ(metrics.train[0].find("masked_lm/loss"), 5.75);
  EXPECT_EQ(metrics.train[0].find("masked_lm/unigram_baseline"), std::nullopt);
  EXPECT_EQ(metrics.last()->step, 9);
  EXPECT_EQ(metrics.last_held_out("masked_lm/below_baseline"), 0.5);
  EXPECT_THAT(metrics.objectives(), ElementsAre("masked_lm", "next_sentence"));
}

TEST(RunMetrics, OfTheSampleRunAreThoseThatTheProgramWrote) {
  const TempDir folder;
  const RunMetrics metrics = read_run_metrics(make_run(
      folder, "a",
      R"({"kind":"evaluation","step":6,"epoch":0.5,"tokens":1000,"examples":36,"seconds":0.5,"masked_lm":{"loss":5.5,)"
      R"("accuracy":0.25,"count":40,"perplexity":244.7,"unigram_baseline":5.25,"below_baseline":-0.25,"frequency_bands":)"
      R"([{"first_rank":1,"last_rank":10,"count":30,"accuracy":0.5},{"first_rank":11,"last_rank":100,"count":10,)"
      R"("accuracy":0.0}]},"next_sentence":{"loss":0.7,"accuracy":0.5,"count":10,"balanced_accuracy":0.5,)"
      R"("class_accuracy":[0.0,1.0],"class_count":[5,5]},"num_examples":10,"evaluation_seconds":0.1})"
      "\n"));
  const MetricPoint& point = metrics.evaluations.at(0);
  EXPECT_EQ(point.find("masked_lm/perplexity"), 244.7);
  EXPECT_EQ(point.find("next_sentence/balanced_accuracy"), 0.5);
  ASSERT_EQ(point.frequency_bands.size(), 2u);
  EXPECT_EQ(point.frequency_bands[1].first_rank, 11);
  EXPECT_EQ(point.frequency_bands[0].accuracy, 0.5);
}

TEST(RunMetrics, OfAnEmptyFileAreNone) {
  const TempDir folder;
  const RunMetrics metrics = read_run_metrics(make_run(folder, "a", ""));
  EXPECT_EQ(metrics.last(), nullptr);
  EXPECT_EQ(metrics.last_held_out("masked_lm/loss"), std::nullopt);
  EXPECT_TRUE(metrics.objectives().empty());
}

TEST(RunMetrics, PassOverALastLineThatACrashCutShort) {
  const TempDir folder;
  const std::string whole = train_line(1, 5);
  for (const std::string cut : {"{", "{\"kind\":\"train\",\"st", "\xc3"}) {
    EXPECT_EQ(read_run_metrics(make_run(folder, "a", whole + cut)).train.size(), 1u);
  }
}

TEST(RunMetrics, TakeALastLineThatLacksItsEndAlone) {
  const TempDir folder;
  const std::string line = train_line(1, 5);
  EXPECT_EQ(read_run_metrics(make_run(folder, "a", line.substr(0, line.size() - 1))).train.size(), 1u);
}

TEST(RunMetrics, HaveAGapWhereALossWasNotFinite) {
  const TempDir folder;
  const RunMetrics metrics = read_run_metrics(make_run(folder, "a", metrics_line("train", 3, "\"loss\":null")));
  EXPECT_EQ(metrics.train.at(0).find("loss"), std::nullopt);
}

TEST(RunMetrics, RefuseALineThatIsNoJsonAndNameIt) {
  const TempDir folder;
  for (const std::string bad : {"{\"kind\":", "", "nonsense", "[1,"}) {
    const auto run = make_run(folder, "a", train_line(1, 5) + bad + "\n" + train_line(2, 5));
    EXPECT_ERROR(read_run_metrics(run), ErrorKind::kInput, "a/metrics.jsonl:2: ");
  }
}

struct BadLine {
  std::string line, message;
};

TEST(RunMetrics, RefuseValuesOfTheWrongTypeAndNameThem) {
  const TempDir folder;
  const std::vector<BadLine> lines = {
      {"[]", "the value is of type array; it must be an object"},
      {"{}", "there is no \"kind\""},
      {"{\"kind\":3}", "\"kind\" is 3; it must be a text"},
      {"{\"kind\":\"test\"}", "\"kind\" is \"test\"; it must be \"train\" or \"evaluation\""},
      {"{\"kind\":\"train\",\"step\":1.5}", "\"step\" is 1.5; it must be a whole number"},
      {"{\"kind\":\"train\",\"step\":1,\"tokens\":\"many\"}", "\"tokens\" is \"many\"; it must be a whole number"},
      {"{\"kind\":\"train\",\"step\":1,\"tokens\":1}", "there is no \"seconds\""},
      {metrics_line("train", 1, "\"loss\":\"low\""), "\"loss\" is \"low\"; it must be a number"},
      {metrics_line("train", 1, "\"masked_lm\":5.5"), "\"masked_lm\" is 5.5; it must be an object"},
      {metrics_line("train", 1, "\"masked_lm\":{\"loss\":[5.5]}"), "\"loss\" is of type array; it must be a number"},
      {metrics_line("train", 1, "\"masked_lm\":{\"frequency_bands\":7}"), "\"frequency_bands\" is of type number"},
      {metrics_line("train", 1, "\"masked_lm\":{\"frequency_bands\":[7]}"), "the value is 7; it must be an object"},
  };
  for (const BadLine& bad : lines) {
    const std::string line = bad.line.ends_with('\n') ? bad.line : bad.line + "\n";
    const auto run = make_run(folder, "a", train_line(1, 5) + line);
    EXPECT_ERROR(read_run_metrics(run), ErrorKind::kInput, "a/metrics.jsonl:2: " + bad.message);
  }
}

TEST(RunMetrics, RefuseAFolderThatIsNoneAndOneThatIsNoRuns) {
  const TempDir folder;
  folder.write("file", "");
  EXPECT_ERROR(read_run_metrics(folder / "nowhere"), ErrorKind::kUsage, "nowhere: there is no such folder");
  EXPECT_ERROR(read_run_metrics(folder / "file"), ErrorKind::kUsage, "file is a file; it must be a folder");
  EXPECT_ERROR(read_run_metrics(folder.path()), ErrorKind::kUsage,
               " has no metrics.jsonl; the folder of a run of bertforge pretrain is expected");
}

}  // namespace
}  // namespace bertforge
