#include "bertforge/train/sample_sentences.h"

#include <gmock/gmock.h>

#include "bertforge/text/wordpiece_tokenizer.h"
#include "support/toy_dataset.h"

namespace bertforge {
namespace {

using ::testing::ElementsAre;
using testing::ToyTokenizer;

// [CLS] 10 11 12 ... [SEP], of `length` tokens, with these positions to predict; what stands there is 50, at random.
Example numbers_example(int length, std::vector<std::int32_t> positions, std::int32_t segment_boundary) {
  Example example;
  example.ids = {2};
  example.segment_boundary = segment_boundary;
  for (int i = 1; i + 1 < length; ++i) example.ids.push_back(9 + i);
  example.ids.push_back(3);
  for (const std::int32_t position : positions) {
    TokenId& id = example.ids[static_cast<std::size_t>(position)];
    example.masked_labels.push_back(id);
    id = 50;
  }
  example.masked_positions = std::move(positions);
  return example;
}

std::vector<SampleSentence> sentences_of(const std::vector<Example>& examples) {
  const std::vector<Batch> batches = {collate(examples)};
  return choose_sample_sentences(batches, ToyTokenizer());
}

TEST(SampleSentences, HideEveryTargetAndKeepTheRest) {
  Example example = numbers_example(9, {2, 6}, 5);
  example.is_random_next = true;
  const auto sentences = sentences_of({example});
  ASSERT_EQ(sentences.size(), 1u);
  EXPECT_THAT(sentences[0].example.ids, ElementsAre(2, 10, 4, 12, 13, 14, 4, 16, 3));
  EXPECT_THAT(sentences[0].example.masked_labels, ElementsAre(11, 15));
  EXPECT_THAT(sentences[0].example.masked_positions, ElementsAre(2, 6));
  EXPECT_EQ(sentences[0].example.segment_boundary, 5);
  EXPECT_TRUE(sentences[0].example.is_random_next);
}

TEST(SampleSentences, AreCutBehind48TokensAndEndWithSep) {
  const auto sentences = sentences_of(
      {numbers_example(48, {3, 46}, 9), numbers_example(49, {3, 46, 47}, 9), numbers_example(60, {3, 4, 50}, 55)});
  ASSERT_EQ(sentences.size(), 3u);
  EXPECT_THAT(sentences[0].example.masked_positions, ElementsAre(3, 46));
  EXPECT_EQ(sentences[0].example.ids.back(), 3);
  EXPECT_THAT(sentences[1].example.masked_positions, ElementsAre(3, 46));
  EXPECT_EQ(sentences[1].example.segment_boundary, 9);
  EXPECT_THAT(sentences[2].example.masked_positions, ElementsAre(3, 4));
  EXPECT_EQ(sentences[2].example.segment_boundary, 48) << "all that is left is segment A";
  for (const SampleSentence& sentence : sentences) {
    EXPECT_EQ(sentence.example.ids.size(), 48u);
    EXPECT_EQ(sentence.example.ids.back(), 3);
  }
}

TEST(SampleSentences, CutAtASepHaveNoSecondOne) {
  Example example = numbers_example(60, {3, 4}, 47);
  example.ids[46] = 3;
  const auto sentences = sentences_of({example});
  ASSERT_EQ(sentences.size(), 1u);
  EXPECT_EQ(sentences[0].example.ids.size(), 47u);
  EXPECT_EQ(sentences[0].example.ids.back(), 3);
  EXPECT_NE(sentences[0].example.ids[45], 3);
}

TEST(SampleSentences, AreTheFirstFourWithTwoTargetsLeft) {
  const std::vector<Batch> batches = {
      collate(std::vector{numbers_example(7, {1}, 7), numbers_example(8, {1, 2}, 8)}),
      collate(
          std::vector{numbers_example(60, {1, 50}, 60), numbers_example(9, {1, 2}, 9), numbers_example(10, {1, 2}, 4)}),
      collate(std::vector{numbers_example(11, {1, 2, 3}, 4), numbers_example(12, {1, 2}, 4)})};
  std::vector<std::size_t> lengths;
  for (const SampleSentence& sentence : choose_sample_sentences(batches, ToyTokenizer())) {
    lengths.push_back(sentence.example.ids.size());
  }
  EXPECT_THAT(lengths, ElementsAre(8, 9, 10, 11));
  EXPECT_TRUE(sentences_of({numbers_example(7, {1}, 7)}).empty());
}

TEST(SampleSentences, AreTextBetweenTheirMasksWithoutASpaceBeforeWhatContinuesAWord) {
  const Example example{
      .ids = {2, 10, 4, 12, 83, 50, 3}, .segment_boundary = 7, .masked_positions = {2, 5}, .masked_labels = {81, 14}};
  EXPECT_THAT(sentences_of({example}).at(0).text, ElementsAre("[CLS] 10", " 1283 ", " [SEP]"));
}

TEST(SampleSentences, AreReadableTextOfWordPieces) {
  const WordPieceTokenizer tokenizer(
      Vocabulary({"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "he", "play", "##ing", "."}, "v"), {}, "v");
  const std::vector<Example> examples = {
      {.ids = {2, 4, 6, 4, 8, 1, 6, 7, 3}, .segment_boundary = 9, .masked_positions = {1, 3}, .masked_labels = {5, 7}}};
  const std::vector<Batch> batches = {collate(examples)};
  EXPECT_THAT(choose_sample_sentences(batches, tokenizer).at(0).text,
              ElementsAre("[CLS] ", " play", ". [UNK] playing [SEP]"));
}

}  // namespace
}  // namespace bertforge
