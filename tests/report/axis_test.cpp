#include "bertforge/report/axis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace bertforge {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> labels(const Axis& axis) {
  std::vector<std::string> labels;
  for (const Tick& tick : axis.ticks) labels.push_back(tick.label);
  return labels;
}

TEST(Axis, HasRoundNumbersAlikeInDigits) {
  EXPECT_THAT(labels(make_axis(3.4, 6.3, AxisEnds::kAtTicks, 5)), ElementsAre("3", "4", "5", "6", "7"));
  EXPECT_THAT(labels(make_axis(0.11, 0.38, AxisEnds::kAtTicks, 5)), ElementsAre("0.1", "0.2", "0.3", "0.4"));
  EXPECT_THAT(labels(make_axis(0.612, 0.627, AxisEnds::kAtTicks, 5)),
              ElementsAre("0.610", "0.615", "0.620", "0.625", "0.630"));
  EXPECT_THAT(labels(make_axis(-1.5, 1.2, AxisEnds::kAtTicks, 5)), ElementsAre("-2", "-1", "0", "1", "2"));
}

TEST(Axis, EndsWhereItIsToldOrAtTicks) {
  const Axis given = make_axis(0, 3600, AxisEnds::kAsGiven, 5), rounded = make_axis(0, 3600, AxisEnds::kAtTicks, 5);
  EXPECT_EQ(given.high, 3600);
  EXPECT_THAT(labels(given), ElementsAre("0", "1000", "2000", "3000"));
  EXPECT_EQ(rounded.high, 4000);
  EXPECT_EQ(rounded.ticks.back().label, "4000");
}

TEST(Axis, WritesLargeNumbersWithAUnitAndSmallOnesWithAnExponent) {
  EXPECT_THAT(labels(make_axis(0, 22768820, AxisEnds::kAsGiven, 5)), ElementsAre("0", "5M", "10M", "15M", "20M"));
  EXPECT_THAT(labels(make_axis(0, 2e6, AxisEnds::kAsGiven, 5)), ElementsAre("0", "0.5M", "1.0M", "1.5M", "2.0M"));
  EXPECT_THAT(labels(make_axis(17900, 20900, AxisEnds::kAtTicks, 5)), ElementsAre("17k", "18k", "19k", "20k", "21k"));
  EXPECT_THAT(labels(make_axis(0, 1e-4, AxisEnds::kAtTicks, 5)),
              ElementsAre("0", "2e-5", "4e-5", "6e-5", "8e-5", "1e-4"));
}

TEST(Axis, WidensARangeOfOneValue) {
  for (const double value : {0.0, 5.0, -3.0, 1e-12, 1e99}) {
    const Axis axis = make_axis(value, value, AxisEnds::kAtTicks, 5);
    EXPECT_LT(axis.low, value);
    EXPECT_GT(axis.high, value);
    EXPECT_GE(axis.ticks.size(), 3u) << value;
    EXPECT_LE(axis.ticks.size(), 12u) << value;
  }
}

TEST(Axis, TakesValuesThatRoundingAlonePartsForOne) {
  EXPECT_LE(make_axis(1e6, std::nextafter(1e6, 2e6), AxisEnds::kAtTicks, 5).ticks.size(), 12u);
}

TEST(Axis, OfNoRangeGoesFromZeroToOne) {
  const double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  for (const auto& [low, high] : {std::pair(infinity, -infinity), {nan, nan}, {0.0, infinity}, {-1.7e308, 1.7e308}}) {
    const Axis axis = make_axis(low, high, AxisEnds::kAsGiven, 5);
    EXPECT_EQ(axis.low, 0);
    EXPECT_EQ(axis.high, 1);
  }
}

TEST(Axis, CoversWhatItIsAskedToCover) {
  for (const double size : {1e-9, 0.037, 1.0, 7.0, 123456.0, 9.9e18}) {
    const Axis axis = make_axis(-size, size * 2, AxisEnds::kAtTicks, 5);
    EXPECT_LE(axis.low, -size);
    EXPECT_GE(axis.high, size * 2);
    EXPECT_NEAR(axis.share(axis.ticks.front().value), 0, 1e-9);
    EXPECT_NEAR(axis.share(axis.ticks.back().value), 1, 1e-9);
  }
}

}  // namespace
}  // namespace bertforge
