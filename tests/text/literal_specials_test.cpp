#include "bertforge/text/literal_specials.h"

#include <gtest/gtest.h>

#include "support/toy_dataset.h"

namespace bertforge::testing {
namespace {

TEST(LiteralSpecials, AreCountedWhereverTheyAreSpelled) {
  const LiteralSpecials literals{ToyTokenizer()};
  EXPECT_EQ(literals.count(""), 0);
  EXPECT_EQ(literals.count("a [mask] and [MASK and <unk> and MASK]"), 0);
  EXPECT_EQ(literals.count("[MASK]"), 1);
  EXPECT_EQ(literals.count("x[CLS]y [SEP][SEP] [UNK]"), 4);
}

}  // namespace
}  // namespace bertforge::testing
