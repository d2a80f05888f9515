#include "bertforge/text/token_batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace bertforge {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(TokenBuffer, KeepsWhatItHasWhileItGrows) {
  TokenBuffer buffer;
  std::vector<TokenId> expected(1234567);
  std::iota(expected.begin(), expected.end(), 0);
  for (std::size_t begin = 0; begin < expected.size(); begin += 997) {
    buffer.append(std::span(expected).subspan(begin, std::min<std::size_t>(997, expected.size() - begin)));
  }
  EXPECT_EQ(std::vector<TokenId>(buffer.data(), buffer.data() + buffer.size()), expected);
}

TEST(TokenBuffer, CountsWhatWasWrittenNotWhatWasReserved) {
  TokenBuffer buffer;
  TokenId* to = buffer.reserve_more(7);
  *to++ = 3;
  *to++ = 5;
  buffer.advance_to(to);
  EXPECT_EQ(buffer.size(), 2u);
  EXPECT_EQ(buffer.data()[1], 5);
}

TEST(TokenBatch, FindsATextsIdsInTheBufferThatItsRunWasWrittenTo) {
  TokenBatch batch;
  batch.reset(5, 2, {{.first_text = 0, .num_texts = 2, .buffer = 1, .begin = 1}, {.first_text = 2, .num_texts = 3}});
  const std::vector<TokenId> first = {1, 2, 3}, second = {99, 4, 5};
  batch.buffer(0).append(first);
  batch.buffer(1).append(second);
  batch.ends(batch.runs()[0])[0] = 0;
  batch.ends(batch.runs()[0])[1] = 2;
  batch.ends(batch.runs()[1])[0] = 1;
  batch.ends(batch.runs()[1])[1] = 3;
  batch.ends(batch.runs()[1])[2] = 3;
  EXPECT_THAT(batch[0], IsEmpty());
  EXPECT_THAT(batch[1], ElementsAre(4, 5));
  EXPECT_THAT(batch[2], ElementsAre(1));
  EXPECT_THAT(batch[3], ElementsAre(2, 3));
  EXPECT_THAT(batch[4], IsEmpty());
}

}  // namespace
}  // namespace bertforge
