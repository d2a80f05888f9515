#include "bertforge/base/numbers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "bertforge/base/random.h"

namespace bertforge {
namespace {

TEST(ParseInt64List, ReadsNumbersWithCommasBetween) {
  EXPECT_EQ(parse_int64_list("-4,-1,0"), (std::vector<std::int64_t>{-4, -1, 0}));
  for (const char* bad : {"", "a", "1,", ",1", "1.5", "1 2"}) EXPECT_EQ(parse_int64_list(bad), std::nullopt) << bad;
}

TEST(ParseInt64, ReadsWholeNumbersWithSignAndUnderscores) {
  EXPECT_EQ(parse_int64("0"), 0);
  EXPECT_EQ(parse_int64("-3"), -3);
  EXPECT_EQ(parse_int64("+7"), 7);
  EXPECT_EQ(parse_int64("10_000"), 10000);
  EXPECT_EQ(parse_int64("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
}

TEST(ParseInt64, RefusesWhatIsNoWholeNumber) {
  for (const char* text : {"", "-", "+", "abc", "1.5", "1e3", "3 ", " 3", "0x10", "+-3", "--3", "12a"}) {
    EXPECT_FALSE(parse_int64(text)) << text;
  }
}

TEST(ParseInt64, RefusesUnderscoresThatDoNotStandBetweenDigits) {
  for (const char* text : {"_1", "1_", "1__0", "-_1", "_"}) EXPECT_FALSE(parse_int64(text)) << text;
}

TEST(ParseInt64, RefusesWhatDoesNotFit) { EXPECT_FALSE(parse_int64("9223372036854775808")); }

TEST(ParseDouble, ReadsDecimalsExponentsAndWholeNumbers) {
  EXPECT_EQ(parse_double("0.1"), 0.1);
  EXPECT_EQ(parse_double("1e-4"), 1e-4);
  EXPECT_EQ(parse_double("+3"), 3.0);
  EXPECT_EQ(parse_double("1_000.5"), 1000.5);
}

TEST(ParseDouble, RefusesWhatIsNoNumber) {
  for (const char* text : {"", "abc", "0.1x", "1,5", "1._5", "."}) EXPECT_FALSE(parse_double(text)) << text;
}

TEST(NumberText, IsShortAndReadable) {
  EXPECT_EQ(number_text(0.1), "0.1");
  EXPECT_EQ(number_text(1e-4), "1e-4");
  EXPECT_EQ(number_text(0.999), "0.999");
  EXPECT_EQ(number_text(100000), "100000");
  EXPECT_EQ(number_text(-2), "-2");
  EXPECT_EQ(number_text(1e20), "1e20");
  EXPECT_EQ(number_text(-0.0), "-0");
}

TEST(NumberText, ComesBackAsTheSameNumber) {
  CounterRandom random(7);
  for (int round = 0; round < 2000; ++round) {
    const double value = std::ldexp(random.unit() - 0.5, static_cast<int>(random.below(2000)) - 1000);
    EXPECT_EQ(parse_double(number_text(value)), value);
  }
  for (const double value : {std::numeric_limits<double>::max(), std::numeric_limits<double>::denorm_min(), 1e15, 1e22,
                             std::numeric_limits<double>::infinity()}) {
    EXPECT_EQ(parse_double(number_text(value)), value);
  }
}

}  // namespace
}  // namespace bertforge
