#include "bertforge/data/cpython_random.h"

#include <gtest/gtest.h>

namespace bertforge {
namespace {

TEST(CPythonRandom, DrawsWhatPythonDraws) {
  CPythonRandom random(12345);
  EXPECT_EQ(random.unit(), 0.41661987254534116);
  EXPECT_EQ(random.unit(), 0.010169169457068361);
  EXPECT_EQ(random.unit(), 0.8252065092537432);
  EXPECT_EQ(2 + random.below(124), 40u);
  EXPECT_EQ(random.below(30522), 28021u);
}

TEST(CPythonRandom, ShufflesTheWholeListBeforeTheFirstItemAndDrawsNoMore) {
  std::vector<int> at_once = {0, 1, 2, 3, 4, 5, 6}, by_steps = at_once;
  CPythonRandom first(5), second(5);
  shuffle(at_once, first);
  for (std::size_t i = 0; i < by_steps.size(); ++i) shuffle_next(by_steps, i, second);
  EXPECT_EQ(by_steps, at_once);
  EXPECT_EQ(second.unit(), first.unit());
}

}  // namespace
}  // namespace bertforge
