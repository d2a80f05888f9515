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

}  // namespace
}  // namespace bertforge
