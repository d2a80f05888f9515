#include "bertforge/train/config.h"

#include <gtest/gtest.h>

#include "support/error_matchers.h"
#include "toy_training.h"

namespace bertforge {
namespace {

using testing::toy_train_config;

TEST(TrainConfig, RefusesAnInverseRootWithoutAWarmup) {
  const TrainConfig config = {.schedule = "inverse_sqrt", .warmup_share = 0};
  EXPECT_ERROR(config.validate(), ErrorKind::kUsage, "falls from the end of a warm-up");
}

TEST(TrainConfig, RefusesAWarmupThatNeverEnds) {
  TrainConfig config = {.duration = Duration::steps(100), .warmup = Duration::steps(101)};
  EXPECT_ERROR(config.validate(), ErrorKind::kUsage, "train.warmup is \"101 steps\", longer than");
  config.warmup = parse_duration("3 epochs");
  EXPECT_ERROR(config.validate(), ErrorKind::kUsage, "both must be in the same unit");
}

TEST(TrainConfig, RefusesNoBudgetAndMicroBatchesLargerThanTheBatch) {
  EXPECT_ERROR((TrainConfig{.duration = Duration::steps(0)}).validate(), ErrorKind::kUsage, "train.duration is 0");
  EXPECT_ERROR((TrainConfig{.batch_size = 8, .micro_batch_size = 9}).validate(), ErrorKind::kUsage,
               "train.micro_batch_size 9 is larger than train.batch_size 8");
}

TEST(TrainConfig, CountsABatchRampInExamples) {
  auto config = toy_train_config(10);
  for (const char* ramp : {"5 steps", "0.5 examples"}) {
    config.batch_ramp = parse_duration(ramp);
    EXPECT_ERROR(config.validate(), ErrorKind::kUsage,
                 concat("train.batch_ramp is \"", ramp, "\"; it must be in examples"));
  }
  config.batch_ramp = parse_duration("5 examples");
  config.validate();
}

TEST(TrainConfig, NamesObjectivesThatDoNotExistOrStandTwice) {
  EXPECT_ERROR((TrainConfig{.objectives = {"masked_ml"}}).validate(), ErrorKind::kUsage, "did you mean masked_lm");
  EXPECT_ERROR((TrainConfig{.objectives = {"masked_lm", "masked_lm"}}).validate(), ErrorKind::kUsage, "twice");
  EXPECT_ERROR((TrainConfig{.objectives = {}}).validate(), ErrorKind::kUsage, "objectives is empty");
}

TEST(Interval, IsDueWhenAMultipleWasReachedOrPassed) {
  const auto at = [](std::int64_t step, std::int64_t tokens) {
    Progress progress;
    progress.step = step;
    progress.tokens = tokens;
    return progress;
  };
  EXPECT_TRUE(is_due(Duration::steps(5), at(4, 0), at(5, 0)));
  EXPECT_FALSE(is_due(Duration::steps(5), at(5, 0), at(6, 0)));
  EXPECT_TRUE(is_due(parse_duration("1 ktok"), at(1, 900), at(2, 1100)));
  EXPECT_FALSE(is_due(Duration::steps(0), at(4, 0), at(5, 0)));
}

}  // namespace
}  // namespace bertforge
