// A padded batch as rows without padding, and back.

#include "../../src/model/encoder_rows.h"

#include <gmock/gmock.h>
#include <torch/types.h>

#include "bertforge/base/error.h"
#include "bertforge/kernels/kernel_table.h"

namespace bertforge {
namespace {

using ::testing::ElementsAre;

// Two sequences of 2 and 3 tokens, padded to 3.
BertInput two_sequences() {
  return {torch::tensor({{7L, 8L, 0L}, {4L, 5L, 6L}}), torch::tensor({{0L, 1L, 0L}, {0L, 0L, 1L}}),
          torch::tensor({{true, true, false}, {true, true, true}})};
}

TEST(EncoderRows, AreTheTokensOfAllSequencesOneAfterTheOther) {
  const EncoderRows rows = encoder_rows(two_sequences(), 10);
  EXPECT_THAT(rows.offsets, ElementsAre(0, 2, 5));
  EXPECT_TRUE(rows.token_ids.equal(torch::tensor({7L, 8L, 4L, 5L, 6L})));
  EXPECT_TRUE(rows.token_type_ids.equal(torch::tensor({0L, 1L, 0L, 0L, 1L})));
  EXPECT_EQ(rows.longest(), 3);
  ASSERT_EQ(rows.places.size(), 5u);
  EXPECT_EQ(rows.places[1].example, 10u);
  EXPECT_EQ(rows.places[4].example, 11u);
  EXPECT_EQ(rows.places[4].position, 2u);
}

TEST(EncoderRows, GatherAndScatterLeaveOutThePadding) {
  const EncoderRows rows = encoder_rows(two_sequences(), 0);
  const auto batch = torch::arange(12, torch::kFloat).view({2, 3, 2});
  const auto gathered = rows.gather(batch);
  EXPECT_TRUE(gathered.equal(batch.flatten(0, 1).index_select(0, torch::tensor({0L, 1L, 3L, 4L, 5L}))));
  const auto scattered = rows.scatter(gathered);
  EXPECT_TRUE(scattered[0][2].equal(torch::zeros({2})));
  EXPECT_TRUE(rows.gather(scattered).equal(gathered));
}

TEST(EncoderRows, FindsRowsOfTheBatchAmongThem) {
  const EncoderRows rows = encoder_rows(two_sequences(), 0);
  EXPECT_TRUE(rows.find(torch::tensor({5L, 0L, 3L})).equal(torch::tensor({4L, 0L, 2L})));
  EXPECT_EQ(rows.find(torch::zeros({0}, torch::kLong)).numel(), 0);
  for (const std::int64_t row : {2, 6, -1}) EXPECT_THROW(rows.find(torch::tensor({row})), Error) << row;
}

TEST(EncoderRows, RefusePaddingInFrontOfTokens) {
  BertInput input = two_sequences();
  input.attention_mask = torch::tensor({{false, true, true}, {true, true, true}});
  EXPECT_THROW(encoder_rows(input, 0), Error);
}

}  // namespace
}  // namespace bertforge
