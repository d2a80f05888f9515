#include "bertforge/inference/sequence.h"

#include <gmock/gmock.h>

#include "toy_session.h"

namespace bertforge {
namespace {

using ::testing::ElementsAre;

class SequenceTest : public ::testing::Test {
 protected:
  std::vector<std::string> pieces(const Sequence& sequence) const {
    std::vector<std::string> all;
    for (const Token& token : sequence.tokens) all.push_back(tokenizer->piece(token.id));
    return all;
  }

  std::unique_ptr<Tokenizer> tokenizer = testing::toy_tokenizer();
  SequenceMaker maker{*tokenizer, 8};
};

TEST_F(SequenceTest, ATextStandsBetweenClsAndSep) {
  const Sequence sequence = maker.make("The riverside bank");
  EXPECT_THAT(pieces(sequence), ElementsAre("[CLS]", "the", "river", "##s", "##ide", "bank", "[SEP]"));
  EXPECT_THAT(sequence.words, ElementsAre(-1, 0, 1, 1, 1, 2, -1));
  EXPECT_EQ(sequence.num_words, 3);
  EXPECT_EQ(sequence.segment_boundary, 7);
  EXPECT_EQ(sequence.tokens[3].char_begin, 9u);
  EXPECT_EQ(sequence.tokens[3].char_end, 10u);
}

TEST_F(SequenceTest, AnEmptyTextIsItsFrame) { EXPECT_THAT(pieces(maker.make("")), ElementsAre("[CLS]", "[SEP]")); }

TEST_F(SequenceTest, ASecondTextIsSegmentOne) {
  const Sequence sequence = maker.make(split_pair("bank ||| the river"));
  EXPECT_THAT(pieces(sequence), ElementsAre("[CLS]", "bank", "[SEP]", "the", "river", "[SEP]"));
  EXPECT_EQ(sequence.segment_boundary, 3);
  EXPECT_THAT(sequence.words, ElementsAre(-1, 0, -1, 1, 2, -1));
  EXPECT_EQ(sequence.tokens[3].byte_begin, 0u);  // In the second text.
}

TEST_F(SequenceTest, ASingleTextCanBeOfSegmentOne) {
  EXPECT_EQ(SequenceMaker(*tokenizer, 8, 1).make("bank").segment_boundary, 0);
}

TEST_F(SequenceTest, LongTextsLoseTheirEndsAndSayIt) {
  const Sequence sequence = maker.make("the bank the bank the bank the");
  EXPECT_EQ(sequence.length(), 8);
  EXPECT_TRUE(sequence.is_truncated);
  EXPECT_EQ(pieces(sequence).back(), "[SEP]");
  EXPECT_FALSE(maker.make("the bank the bank the bank").is_truncated);
}

TEST_F(SequenceTest, OfAPairTheLongerIsCutAndTheSecondWhereBothAreEqual) {
  const Sequence sequence = maker.make(split_pair("the bank river ||| money . the bank"));
  EXPECT_THAT(pieces(sequence), ElementsAre("[CLS]", "the", "bank", "river", "[SEP]", "money", ".", "[SEP]"));
}

TEST_F(SequenceTest, OfAPairTheFirstIsCutWhereItIsTheLonger) {
  const Sequence sequence = maker.make(split_pair("the bank river money . ||| bank"));
  EXPECT_THAT(pieces(sequence), ElementsAre("[CLS]", "the", "bank", "river", "money", "[SEP]", "bank", "[SEP]"));
  EXPECT_EQ(sequence.segment_boundary, 6);
  EXPECT_TRUE(sequence.is_truncated);
}

TEST_F(SequenceTest, ALineWithoutBarsIsNoPair) {
  EXPECT_FALSE(split_pair("a || b").second.has_value());
  EXPECT_EQ(split_pair("a ||| b ||| c").second, "b ||| c");
}

TEST_F(SequenceTest, SpecialTokensInATextAreTextUnlessAskedFor) {
  EXPECT_EQ(maker.make("[MASK]").tokens[1].id, tokenizer->special_tokens().unknown);
  const SequenceMaker matching(*tokenizer, 8, 0, SpecialTokensInText::kMatch);
  EXPECT_THAT(pieces(matching.make("the [MASK]")), ElementsAre("[CLS]", "the", "[MASK]", "[SEP]"));
}

TEST_F(SequenceTest, BatchesHoldEverySequenceOnceTheLongestFirst) {
  std::vector<Sequence> sequences;
  for (const char* text : {"the", "the bank the bank", "", "the bank", "bank the river bank"})
    sequences.push_back(maker.make(text));
  EXPECT_THAT(batches_by_length(sequences, 12), ElementsAre(ElementsAre(1, 4), ElementsAre(3, 0, 2)));
  EXPECT_EQ(batches_by_length(sequences, 1).size(), 5u);
  EXPECT_TRUE(batches_by_length({}, 12).empty());
}

TEST_F(SequenceTest, ABatchIsTokenMajorWithItsSegments) {
  const std::vector<Sequence> sequences = {maker.make("the bank"), maker.make(split_pair("bank ||| the"))};
  const Batch batch = collate(sequences, {1, 0});
  EXPECT_THAT(batch.sequence_offsets, ElementsAre(0, 5, 9));
  EXPECT_THAT(batch.segment_boundaries, ElementsAre(3, 4));
  EXPECT_EQ(batch.num_masked(), 0);
}

}  // namespace
}  // namespace bertforge
