#include "bertforge/base/figure_text.h"

#include <gtest/gtest.h>

namespace bertforge {
namespace {

TEST(FigureText, GroupsDigitsByThreesWhateverTheSign) {
  EXPECT_EQ(grouped_text(0), "0");
  EXPECT_EQ(grouped_text(999), "999");
  EXPECT_EQ(grouped_text(-999), "-999");
  EXPECT_EQ(grouped_text(22768820), "22,768,820");
  EXPECT_EQ(grouped_text(-1000), "-1,000");
}

TEST(FigureText, FixedHasSoManyDigitsBehindThePoint) {
  EXPECT_EQ(fixed_text(3.98999, 3), "3.990");
  EXPECT_EQ(fixed_text(-0.5, 0), "-0");
  EXPECT_EQ(fixed_text(1e300, 1).size(), 303u);
}

}  // namespace
}  // namespace bertforge
