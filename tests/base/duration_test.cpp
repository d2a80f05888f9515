#include "bertforge/base/duration.h"

#include "support/error_matchers.h"

namespace bertforge {
namespace {

using Unit = Duration::Unit;

TEST(ParseDuration, TakesABareNumberAsSteps) { EXPECT_EQ(parse_duration("2000"), Duration::steps(2000)); }

TEST(ParseDuration, ReadsEveryUnit) {
  EXPECT_EQ(parse_duration("1 step"), Duration::steps(1));
  EXPECT_EQ(parse_duration("2000 steps"), Duration::steps(2000));
  EXPECT_EQ(parse_duration("1 epoch"), (Duration{1, Unit::kEpochs}));
  EXPECT_EQ(parse_duration("0.5 epochs"), (Duration{0.5, Unit::kEpochs}));
  EXPECT_EQ(parse_duration("7 tok"), (Duration{7, Unit::kTokens}));
  EXPECT_EQ(parse_duration("10ktok"), (Duration{1e4, Unit::kTokens}));
  EXPECT_EQ(parse_duration("40 Mtok"), (Duration{4e7, Unit::kTokens}));
  EXPECT_EQ(parse_duration("3.3 Gtok"), (Duration{3.3e9, Unit::kTokens}));
  EXPECT_EQ(parse_duration("9 examples"), (Duration{9, Unit::kExamples}));
  EXPECT_EQ(parse_duration("30 s"), (Duration{30, Unit::kSeconds}));
  EXPECT_EQ(parse_duration("30 sec"), (Duration{30, Unit::kSeconds}));
  EXPECT_EQ(parse_duration("30 min"), (Duration{1800, Unit::kSeconds}));
  EXPECT_EQ(parse_duration("2.5 h"), (Duration{9000, Unit::kSeconds}));
  EXPECT_EQ(parse_duration("1 d"), (Duration{86400, Unit::kSeconds}));
}

TEST(ParseDuration, TellsTheExponentFromTheEOfEpochs) {
  EXPECT_EQ(parse_duration("3epochs"), (Duration{3, Unit::kEpochs}));
  EXPECT_EQ(parse_duration("3examples"), (Duration{3, Unit::kExamples}));
  EXPECT_EQ(parse_duration("3e4 steps"), Duration::steps(30000));
}

TEST(ParseDuration, AllowsSpacesAroundAndUnderscoresWithin) {
  EXPECT_EQ(parse_duration("  10_000   steps "), Duration::steps(10000));
}

TEST(ParseDuration, ZeroIsZeroInEveryUnit) { EXPECT_TRUE(parse_duration("0 epochs").is_zero()); }

TEST(ParseDuration, RefusesAnUnknownUnitAndNamesTheKnownOnes) {
  EXPECT_ERROR(parse_duration("3 weeks"), ErrorKind::kUsage,
               "\"3 weeks\" is not a duration: there is no unit \"weeks\"");
  EXPECT_ERROR(parse_duration("3 weeks"), ErrorKind::kUsage,
               "step, epoch, tok, ktok, Mtok, Gtok, example, s, min, h or d");
}

TEST(ParseDuration, RefusesNegativeAmounts) {
  EXPECT_ERROR(parse_duration("-3 epochs"), ErrorKind::kUsage, "it is negative");
}

TEST(ParseDuration, RefusesWhatIsNoFiniteNumber) {
  for (const char* text : {"", "steps", "nan steps", "inf", "1..2 steps", "1e999 s"}) {
    EXPECT_ERROR(parse_duration(text), ErrorKind::kUsage, "is not a duration");
  }
  for (const char* text : {"1e308 Gtok", "1e30 examples", "1.1e15", "99999999999999 d"}) {
    EXPECT_ERROR(parse_duration(text), ErrorKind::kUsage, "it is too large");
  }
}

TEST(DurationText, IsTheShortestThatReadsWell) {
  EXPECT_EQ(to_string(Duration::steps(2000)), "2000 steps");
  EXPECT_EQ(to_string(Duration::steps(1)), "1 step");
  EXPECT_EQ(to_string(Duration::steps(0)), "0 steps");
  EXPECT_EQ(to_string({0.5, Unit::kEpochs}), "0.5 epochs");
  EXPECT_EQ(to_string({4e7, Unit::kTokens}), "40 Mtok");
  EXPECT_EQ(to_string({1, Unit::kTokens}), "1 tok");
  EXPECT_EQ(to_string({1, Unit::kSeconds}), "1 s");
  EXPECT_EQ(to_string({1800, Unit::kSeconds}), "0.5 h");
}

TEST(DurationText, ComesBackAsTheSameDuration) {
  for (const Unit unit : {Unit::kSteps, Unit::kEpochs, Unit::kTokens, Unit::kExamples, Unit::kSeconds}) {
    for (const double amount : {0.0, 1.0, 0.1, 3.7, 59.0, 60.0, 90.0, 3601.0, 123456789.0, 3.3e9, 1e-7, 1e15}) {
      const Duration duration = {amount, unit};
      EXPECT_EQ(parse_duration(to_string(duration)), duration) << to_string(duration);
    }
  }
}

TEST(Progress, IsReadInEveryUnit) {
  const Progress progress = {.step = 7, .epoch = 0.5, .tokens = 900, .examples = 21, .seconds = 3.5};
  EXPECT_EQ(progress.in(Unit::kSteps), 7);
  EXPECT_EQ(progress.in(Unit::kEpochs), 0.5);
  EXPECT_EQ(progress.in(Unit::kTokens), 900);
  EXPECT_EQ(progress.in(Unit::kExamples), 21);
  EXPECT_EQ(progress.in(Unit::kSeconds), 3.5);
}

}  // namespace
}  // namespace bertforge
