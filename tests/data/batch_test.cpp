#include "bertforge/data/batch.h"

#include <gtest/gtest.h>

namespace bertforge::testing {
namespace {

Example example(std::vector<TokenId> ids, std::int32_t boundary, std::vector<std::int32_t> positions,
                bool is_random_next) {
  Example example;
  example.masked_labels.assign(positions.size(), 50 + static_cast<TokenId>(ids.size()));
  example.ids = std::move(ids);
  example.segment_boundary = boundary;
  example.masked_positions = std::move(positions);
  example.is_random_next = is_random_next;
  return example;
}

TEST(Batch, LaysSequencesOneAfterTheOtherWithoutPadding) {
  const std::vector<Example> examples = {
      example({2, 10, 3, 11, 3}, 3, {1, 3}, false),
      example({2, 12, 13, 3, 14, 15, 3}, 4, {}, true),
      example({2, 16, 3, 17, 18, 3}, 3, {4}, false),
  };
  const Batch batch = collate(examples, /*first_example=*/6);
  EXPECT_EQ(batch.token_ids, (std::vector<TokenId>{2, 10, 3, 11, 3, 2, 12, 13, 3, 14, 15, 3, 2, 16, 3, 17, 18, 3}));
  EXPECT_EQ(batch.sequence_offsets, (std::vector<std::int32_t>{0, 5, 12, 18}));
  EXPECT_EQ(batch.segment_boundaries, (std::vector<std::int32_t>{3, 4, 3}));
  EXPECT_EQ(batch.masked_rows, (std::vector<std::int32_t>{1, 3, 16}));
  EXPECT_EQ(batch.masked_labels, (std::vector<TokenId>{55, 55, 56}));
  EXPECT_EQ(batch.is_random_next, (std::vector<std::uint8_t>{0, 1, 0}));
  EXPECT_EQ(batch.first_example, 6);
  EXPECT_EQ(batch.num_sequences(), 3);
  EXPECT_EQ(batch.num_tokens(), 18);
  EXPECT_EQ(batch.num_masked(), 3);
  EXPECT_EQ(batch.max_length(), 7);
}

TEST(Batch, OfNoExamplesHasNoRows) {
  const Batch batch = collate({});
  EXPECT_EQ(batch.num_sequences(), 0);
  EXPECT_EQ(batch.sequence_offsets, std::vector<std::int32_t>{0});
  EXPECT_EQ(batch.max_length(), 0);
}

}  // namespace
}  // namespace bertforge::testing
