#include "bertforge/report/run_predictions.h"

#include <cmath>

#include "run_folder.h"
#include "support/error_matchers.h"

namespace bertforge {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Of a run folder with that predictions.jsonl.
std::vector<PredictionPoint> predictions_of(const TempDir& folder, const std::string& content) {
  return read_run_predictions(folder.write("a/predictions.jsonl", content).parent_path());
}

TEST(RunPredictions, AreReadAsTheyStand) {
  const TempDir folder;
  const auto points = predictions_of(folder, predictions_line(6, "the", 0.125) + predictions_line(12, "cat", 0.75));
  ASSERT_EQ(points.size(), 2u);
  EXPECT_EQ(points[1].step, 12);
  EXPECT_EQ(points[1].tokens, 120);
  ASSERT_EQ(points[1].sentences.size(), 1u);
  const SentencePredictions& sentence = points[1].sentences[0];
  EXPECT_THAT(sentence.text, ElementsAre("[CLS] the ", " play", ". [SEP]"));
  ASSERT_EQ(sentence.masks.size(), 2u);
  EXPECT_EQ(sentence.masks[0].position, 2);
  EXPECT_EQ(sentence.masks[0].target, "cat");
  ASSERT_EQ(sentence.masks[0].predictions.size(), 3u);
  EXPECT_EQ(sentence.masks[0].predictions[0].piece, "cat");
  EXPECT_EQ(sentence.masks[0].predictions[0].probability, 0.75);
  EXPECT_TRUE(std::isnan(sentence.masks[1].predictions[2].probability));
  EXPECT_TRUE(sentence.masks[0].is_right());
  EXPECT_FALSE(sentence.masks[1].is_right()) << "the second guess is no answer";
  EXPECT_FALSE(points[0].sentences[0].masks[0].is_right());
}

TEST(RunPredictions, AreOfTheSameSentenceWhereTextAndTargetsAre) {
  const TempDir folder;
  const auto points = predictions_of(
      folder, predictions_line(1, "a", 0.5) + predictions_line(2, "b", 0.75) + predictions_line(3, "a", 0.5, "dog"));
  const auto& first = points[0].sentences[0];
  EXPECT_TRUE(first.is_same_sentence(points[1].sentences[0]));
  EXPECT_FALSE(first.is_same_sentence(points[2].sentences[0]));
  SentencePredictions other = first;
  other.text[1] = " work";
  EXPECT_FALSE(first.is_same_sentence(other));
}

TEST(RunPredictions, OfARunThatHasNoneAreNone) {
  const TempDir folder;
  EXPECT_THAT(read_run_predictions(folder.path()), IsEmpty());
  EXPECT_THAT(predictions_of(folder, ""), IsEmpty());
}

TEST(RunPredictions, PassOverALastLineThatACrashCutShort) {
  const TempDir folder;
  const std::string whole = predictions_line(6, "the", 0.125);
  for (std::size_t length = 1; length + 1 < whole.size(); length += 7) {
    EXPECT_EQ(predictions_of(folder, whole + whole.substr(0, length)).size(), 1u) << length;
  }
}

TEST(RunPredictions, RefuseWhatIsNoneAndNameTheLine) {
  const TempDir folder;
  const std::string whole = predictions_line(6, "the", 0.125);
  const auto samples = [](const std::string& list) { return "{\"step\":1,\"tokens\":1,\"samples\":" + list + "}"; };
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"nonsense", "no JSON"},
      {"[]", "the value is of type array; it must be an object"},
      {"{\"step\":1}", "there is no \"tokens\""},
      {"{\"step\":1,\"tokens\":1}", "there is no \"samples\""},
      {samples("7"), "\"samples\" is of type number; it must be a list"},
      {samples("[7]"), "the value is 7; it must be an object"},
      {samples("[{\"text\":\"a\",\"masks\":[]}]"), "\"text\" is \"a\"; it must be a list of texts"},
      {samples("[{\"text\":[\"a\"],\"masks\":{}}]"), "\"masks\" is of type object; it must be a list"},
      {samples("[{\"text\":[],\"masks\":[]}]"), "\"text\" has 0 parts around 0 masks; it must have one more"},
      {samples("[{\"text\":[\"a\",\"b\"],\"masks\":[{\"position\":1,\"target\":3,\"predictions\":[]}]}]"),
       "\"target\" is 3; it must be a text"},
      {samples("[{\"text\":[\"a\",\"b\"],\"masks\":[{\"position\":1,\"target\":\"a\",\"predictions\":[{\"piece\":\"a\","
               "\"probability\":\"high\"}]}]}]"),
       "\"probability\" is \"high\"; it must be a number"},
  };
  for (const auto& [line, message] : cases) {
    EXPECT_ERROR(predictions_of(folder, whole + line + "\n" + whole), ErrorKind::kInput, "a/predictions.jsonl:2: ");
    EXPECT_ERROR(predictions_of(folder, whole + line + "\n" + whole), ErrorKind::kInput, message);
  }
}

}  // namespace
}  // namespace bertforge
