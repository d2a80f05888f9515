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

TEST(Batch, IsSplitIntoTheBatchesOfItsExamplesInOrder) {
  const std::vector<Example> examples = {
      example({2, 10, 3, 11, 3}, 3, {1, 3}, false),  example({2, 12, 13, 3, 14, 15, 3}, 4, {}, true),
      example({2, 16, 3, 17, 18, 3}, 3, {4}, false), example({2, 19, 3, 20, 3}, 3, {1}, true),
      example({2, 21, 22, 3, 23, 3}, 4, {2}, false),
  };
  const Batch batch = collate(examples, /*first_example=*/6);
  const std::span<const Example> all(examples);
  EXPECT_EQ(split(batch, 2), (std::vector<Batch>{collate(all.subspan(0, 2), 6), collate(all.subspan(2, 2), 8),
                                                 collate(all.subspan(4, 1), 10)}));
  EXPECT_EQ(split(batch, 1).size(), 5);
  EXPECT_EQ(split(batch, 1)[3], collate(all.subspan(3, 1), 9));
  EXPECT_EQ(split(batch, 5), std::vector<Batch>{batch});
  EXPECT_EQ(split(batch, 100), std::vector<Batch>{batch});
  EXPECT_TRUE(split(collate({}), 3).empty());
}

}  // namespace
}  // namespace bertforge::testing
