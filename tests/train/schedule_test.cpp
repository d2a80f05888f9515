#include "bertforge/train/schedule.h"

#include <gmock/gmock.h>

#include <cmath>

#include "support/error_matchers.h"

namespace bertforge {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

// The shares at positions of a run of 10 that warms up for 2.
std::vector<double> shares(const std::string& name, const std::vector<double>& positions, ScheduleShape shape = {}) {
  shape.warmup = 2, shape.total = 10;
  std::vector<double> shares;
  for (const double position : positions) shares.push_back(find_schedule(name)(position, shape));
  return shares;
}

TEST(Schedule, LinearRisesThroughWarmupAndFallsToZeroAtTheEnd) {
  EXPECT_THAT(shares("linear", {0, 1, 2, 6, 10}), ElementsAre(0, 0.5, 1, 0.5, 0));
  EXPECT_EQ(find_schedule("linear")(0, {.total = 10}), 1.0);
}

TEST(Schedule, AllRiseThroughWarmupToOneAndStayBetweenZeroAndOne) {
  for (const std::string& name : schedule_names()) {
    SCOPED_TRACE(name);
    EXPECT_THAT(shares(name, {0, 1, 2}, {.decay = 4}), ElementsAre(0, 0.5, 1));
    for (double position = 2; position <= 12; position += 0.25) {
      const double share = shares(name, {position}, {.decay = 4, .power = 2}).front();
      EXPECT_GE(share, 0);
      EXPECT_LE(share, 1);
    }
  }
}

// As transformers' get_cosine_schedule_with_warmup, get_polynomial_decay_schedule_with_warmup (lr_end 0) and
// get_inverse_sqrt_schedule give them.
TEST(Schedule, FallsAsItsNameSays) {
  const auto near = [](double value) { return DoubleNear(value, 1e-12); };
  EXPECT_THAT(shares("cosine", {4, 6, 10}), ElementsAre(near((2 + std::sqrt(2)) / 4), near(0.5), near(0)));
  EXPECT_THAT(shares("polynomial", {4, 6, 10}, {.power = 2}), ElementsAre(0.5625, 0.25, 0));
  EXPECT_THAT(shares("polynomial", {6}, {.power = 0.5}), ElementsAre(near(std::sqrt(0.5))));
  EXPECT_THAT(shares("inverse_sqrt", {8, 10}), ElementsAre(0.5, near(std::sqrt(0.2))));
  EXPECT_THAT(shares("trapezoid", {4, 6, 8, 10}, {.decay = 4}), ElementsAre(1, 1, 0.5, 0));
  EXPECT_THAT(shares("constant", {4, 10}), ElementsAre(1, 1));
}

TEST(Schedule, FallsToTheFinalShareOfThePeak) {
  for (const char* name : {"linear", "cosine", "polynomial", "trapezoid"}) {
    EXPECT_THAT(shares(name, {10, 11}, {.decay = 4, .final_share = 0.1}), ElementsAre(0.1, 0.1)) << name;
  }
  EXPECT_THAT(shares("linear", {6}, {.final_share = 0.1}), ElementsAre(DoubleNear(0.55, 1e-12)));
}

TEST(Schedule, AllAreOneAtTheBeginningWithoutAWarmup) {
  for (const std::string& name : schedule_names()) {
    EXPECT_EQ(find_schedule(name)(0, {.total = 10, .decay = 4}), 1) << name;
  }
}

TEST(Schedule, ATrapezoidsFallBeginsAfterItsWarmupAtTheEarliest) {
  EXPECT_THAT(shares("trapezoid", {2, 6}, {.decay = 10}), ElementsAre(1, 0.5));
}

TEST(Schedule, NamesTheNearestOneForAMisspeltName) {
  EXPECT_ERROR(find_schedule("lineer"), ErrorKind::kUsage, "did you mean linear");
}

}  // namespace
}  // namespace bertforge
