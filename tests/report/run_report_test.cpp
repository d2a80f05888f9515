#include "bertforge/report/run_report.h"

#include "run_folder.h"
#include "support/error_matchers.h"

namespace bertforge {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

std::string report_of(const TempDir& folder, const std::string& metrics) {
  return run_report_html(read_full_run(make_run(folder, "a", metrics)));
}

TEST(RunReport, HasCurvesBaselineThroughputAndEvaluations) {
  const TempDir folder;
  const std::string page =
      report_of(folder, train_line(3, 6.5) + evaluation_line(6, 5.5) + train_line(6, 5.75) + train_line(1200, 5));
  EXPECT_THAT(page, HasSubstr("<h1>a</h1>"));
  EXPECT_THAT(page, HasSubstr("1,200 updates, 12,000 tokens in 2 h 0 min of training, 2 tokens/s"));
  for (const char* title : {"masked_lm loss", "masked_lm accuracy", "next_sentence loss",
                            "next_sentence balanced accuracy", "Throughput"}) {
    EXPECT_EQ(count_of(page, std::string("<figcaption>") + title + "</figcaption>"), 1) << title;
  }
  EXPECT_THAT(page, HasSubstr("unigram baseline 6.000"));
  EXPECT_THAT(page, HasSubstr("held out, 6 updates: 5.5"));
  EXPECT_THAT(page, HasSubstr("<td class=\"number\">0.5000</td>"));
}

TEST(RunReport, DrawsACurveForEachBandOfFrequency) {
  const TempDir folder;
  const auto line = [](int step, int accuracy) {
    return metrics_line("evaluation", step,
                        concat("\"masked_lm\":{\"loss\":5,\"frequency_bands\":[{\"first_rank\":1,\"last_rank\":10,",
                               "\"count\":30,\"accuracy\":", accuracy,
                               "},{\"first_rank\":11,\"last_rank\":100,\"count\":0,\"accuracy\":0}]}"));
  };
  const std::string page = report_of(folder, line(1, 0) + line(2, 1));
  EXPECT_THAT(page, HasSubstr("ranks 1 to 10 (30 targets): 2 points, from 0 to 1."));
  EXPECT_THAT(page, HasSubstr("ranks 11 to 100 (0 targets): 0 points"));
}

TEST(RunReport, OfARunThatHasBarelyBegunIsAPageToo) {
  const TempDir folder;
  EXPECT_THAT(report_of(folder, ""), HasSubstr("No figures yet."));
  EXPECT_THAT(report_of(folder, train_line(1, 5)), HasSubstr("There was no held-out evaluation."));
  EXPECT_THAT(report_of(folder, train_line(0, 5)), Not(HasSubstr("tokens/s</p>")));  // No time has passed.
}

TEST(RunReport, ShowsSettingsAndSessions) {
  const TempDir folder;
  folder.write("a/config.toml", "[model]\nhidden_size = 16\n[train]\nseed = 42\n");
  folder.write(
      "a/run.json",
      R"({"sessions": [{"started": "noon", "command": "bertforge pretrain"}, {"started": "one", "CPU": "x", "end": {}}]})");
  const std::string page = report_of(folder, "");
  EXPECT_THAT(page, HasSubstr("<summary>model</summary>"));
  EXPECT_THAT(page, HasSubstr("<td class=\"text\">hidden_size</td><td class=\"text\">16</td>"));
  EXPECT_THAT(page, HasSubstr("<td class=\"text\">noon</td><td class=\"text\">bertforge pretrain</td>"));
  EXPECT_THAT(page, HasSubstr("<td class=\"text\">CPU</td><td class=\"text\">x</td>"));
  EXPECT_THAT(page, Not(HasSubstr("<td class=\"text\">end</td>")));
}

TEST(RunReport, ShowsSentencesAndWhatTheModelSaysOfTheirHiddenPieces) {
  const TempDir folder;
  folder.write("a/predictions.jsonl", predictions_line(6, "<the>", 0.13) + predictions_line(1200, "cat", 0.75));
  const std::string page = report_of(folder, "");
  EXPECT_THAT(page, HasSubstr("<h2>What it predicts</h2>"));
  EXPECT_THAT(page, HasSubstr("[CLS] the <mark>cat<sup>1</sup></mark> play<mark>##s<sup>2</sup></mark>. [SEP]</p>"));
  EXPECT_THAT(page, HasSubstr("<th class=\"guess\">1 cat</th><th class=\"guess\">2 ##s</th>"));
  EXPECT_THAT(page, HasSubstr("<td class=\"number\">6</td><td class=\"guess\">0 of 2</td><td class=\"guess\">"
                              "&lt;the&gt; 13 %<br><small>of 3.1 %, in &lt;0.1 %</small></td>"));
  EXPECT_THAT(page, HasSubstr("<td class=\"number\">1,200</td><td class=\"guess\">1 of 2</td><td class=\"guess\">"
                              "<strong>\u2713 cat</strong> 75 %<br>"));
  EXPECT_THAT(page, HasSubstr(". 50 %<br><small><strong>\u2713 ##s</strong> 25 %, a -</small></td>"));
}

TEST(RunReport, HasEightRowsOfPredictionsOfManyTheFirstAndTheLastAmongThem) {
  const TempDir folder;
  std::string lines;
  for (int step = 100; step <= 2500; step += 100) lines += predictions_line(step, "the", 0.125);
  folder.write("a/predictions.jsonl", lines);
  const std::string page = report_of(folder, "");
  EXPECT_EQ(count_of(page, "<td class=\"guess\">0 of 2</td>"), 8);
  for (const char* step : {"100", "400", "700", "1,100", "1,400", "1,800", "2,100", "2,500"}) {
    EXPECT_EQ(count_of(page, concat("<td class=\"number\">", step, "</td><td class=\"guess\">")), 1) << step;
  }
}

TEST(RunReport, LeavesPredictionsOfOtherSentencesAwayAndThePartWhereThereAreNone) {
  const TempDir folder;
  EXPECT_THAT(report_of(folder, ""), Not(HasSubstr("What it predicts")));
  folder.write("a/predictions.jsonl", predictions_line(6, "the", 0.125, "dog") + predictions_line(9, "the", 0.125));
  EXPECT_EQ(count_of(report_of(folder, ""), "<td class=\"guess\">0 of 2</td>"), 1);
  folder.write("a/predictions.jsonl", "{\"step\":6,\"tokens\":1,\"samples\":[]}\n");
  EXPECT_THAT(report_of(folder, ""), Not(HasSubstr("What it predicts")));
}

TEST(RunReport, EscapesWhateverItReads) {
  const TempDir folder;
  const std::string evil = "<script>alert(1)</script>";
  const auto run =
      folder.write("<script>x/metrics.jsonl", metrics_line("train", 1, concat("\"", evil, "\":{\"loss\":5}")))
          .parent_path();
  folder.write("<script>x/predictions.jsonl",
               concat("{\"step\":1,\"tokens\":1,\"samples\":[{\"text\":[\"", evil, "\",\"", evil,
                      "\"],\"masks\":[{\"position\":1,\"target\":\"", evil, "\",\"predictions\":[{\"piece\":\"", evil,
                      "\",\"probability\":1},{\"piece\":\"", evil, "2\",\"probability\":1}]}]}]}\n"));
  folder.write("<script>x/config.toml", concat("[", evil, "]\n", evil, " = ", evil, "\n"));
  folder.write("<script>x/run.json",
               concat("{\"sessions\": [{\"", evil, "\": \"", evil, "\", \"command\": \"", evil, "\"}]}"));
  const std::string page = run_report_html(read_full_run(run));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;x"));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)"));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
}

TEST(RunReport, IsSmallHoweverLongTheRun) {
  const TempDir folder;
  std::string metrics;
  for (int step = 1; step <= 20'000; ++step) metrics += train_line(step, 5 + step % 7);
  EXPECT_LT(report_of(folder, metrics).size(), 250'000u);
}

}  // namespace
}  // namespace bertforge
