#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "bertforge/base/files.h"
#include "bertforge/train/config.h"
#include "bertforge/train/evaluator.h"
#include "bertforge/train/metrics.h"
#include "bertforge/train/observers.h"
#include "bertforge/train/schedule.h"
#include "support/error_matchers.h"
#include "toy_training.h"

namespace bertforge {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using testing::observers;
using testing::toy_train_config;
using testing::ToyTraining;

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

TEST(TrainConfig, RefusesHalfABatchRamp) {
  auto config = toy_train_config(10);
  config.initial_batch_size = 3;
  EXPECT_ERROR(config.validate(), ErrorKind::kUsage, "train.initial_batch_size is 3 and train.batch_ramp \"0 steps\"");
  config.batch_ramp = parse_duration("5 steps");
  EXPECT_ERROR(config.validate(), ErrorKind::kUsage, "train.batch_ramp is \"5 steps\"; batches are made ahead");
  config.batch_ramp = parse_duration("5 examples");
  config.initial_batch_size = 8;
  EXPECT_ERROR(config.validate(), ErrorKind::kUsage, "train.initial_batch_size 8 is larger than train.batch_size 7");
  config.initial_batch_size = 3, config.length_window = 14;
  EXPECT_ERROR(config.validate(), ErrorKind::kUsage, "it counts sequences as they are shuffled");
  config.length_window = 0;
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

TEST(TermMetrics, TellsClassesApartAndBalancesThem) {
  LossTerm term;
  term.name = "next_sentence";
  term.sum = torch::tensor(2.0f);
  term.count = 4;
  term.predictions = torch::tensor({0L, 0L, 0L, 1L});
  term.labels = torch::tensor({0L, 0L, 1L, 1L});
  term.num_classes = 2;
  TermMetrics metrics, other;
  add_term(metrics, term);
  add_term(other, term);
  merge(metrics, other);
  EXPECT_EQ(metrics.count, 8);
  EXPECT_EQ(metrics.loss(), 0.5);
  EXPECT_EQ(metrics.accuracy(), 0.75);
  EXPECT_EQ(metrics.class_accuracy(0), 1.0);
  EXPECT_EQ(metrics.class_accuracy(1), 0.5);
  EXPECT_EQ(metrics.balanced_accuracy(), 0.75);
}

TEST(TermMetrics, WithoutTargetsIsZeroAndNotNaN) {
  LossTerm term;
  term.sum = torch::tensor(std::numeric_limits<float>::quiet_NaN());
  TermMetrics metrics;
  add_term(metrics, term);
  EXPECT_EQ(metrics.loss(), 0);
  EXPECT_EQ(metrics.accuracy(), 0);
  EXPECT_EQ(metrics.balanced_accuracy(), 0);
}

TEST(MaskedLm, OfABatchWithoutTargetsIsZero) {
  BertForPreTraining model(testing::toy_model_config());
  PreTrainingBatch batch;
  batch.targets.masked_rows = torch::zeros({0}, torch::kLong);
  batch.targets.masked_labels = torch::zeros({0}, torch::kLong);
  const LossTerm term = make_objectives({"masked_lm"})[0]->loss(model, torch::zeros({0, 16}), batch);
  EXPECT_EQ(term.count, 0);
  EXPECT_EQ(term.sum.item<float>(), 0.0f);
}

TEST(FrequencyBands, AreByPowersOfTenOfTheRanksInTrainingText) {
  std::vector<std::int64_t> counts(25, 1);
  counts[20] = 9;
  counts[3] = 5;
  const FrequencyBands bands = frequency_bands(counts);
  ASSERT_EQ(bands.bands.size(), 2u);
  EXPECT_EQ(bands.bands[0].first_rank, 1);
  EXPECT_EQ(bands.bands[0].last_rank, 10);
  EXPECT_EQ(bands.bands[1].first_rank, 11);
  EXPECT_EQ(bands.bands[1].last_rank, 25);
  EXPECT_EQ(bands.of_piece[20], 0u);
  EXPECT_EQ(bands.of_piece[8], 0u);  // Ranks: 20, 3, and then the others by id; 8 is the tenth.
  EXPECT_EQ(bands.of_piece[9], 1u);
  EXPECT_EQ(bands.of_piece[24], 1u);
}

TEST(Evaluator, TellsAccuraciesByTheFrequencyOfThePieces) {
  ToyTraining training(toy_train_config(1));
  auto batches = make_evaluation_batches(training.store, training.tokenizer, training.loader_config(), 10, 1);
  std::vector<std::int64_t> counts(99);
  for (std::size_t id = 0; id < counts.size(); ++id) counts[id] = static_cast<std::int64_t>(id);
  const Evaluator evaluator(batches, make_objectives({"masked_lm"}), torch::kCPU, counts);
  const EvaluationReport report = evaluator.evaluate(training.model);
  ASSERT_EQ(report.frequency_bands.size(), 2u);
  std::int64_t frequent = 0;
  for (const Batch& batch : batches) {
    frequent += std::ranges::count_if(batch.masked_labels, [](TokenId label) { return label >= 89; });
  }
  EXPECT_EQ(report.frequency_bands[0].count, frequent);
  EXPECT_EQ(report.frequency_bands[0].count + report.frequency_bands[1].count, report.terms[0].count);
  EXPECT_EQ(report.frequency_bands[0].correct + report.frequency_bands[1].correct, report.terms[0].correct);
}

TEST(LossTerms, OfABatchThatNoObjectiveReadsAreZeroWithoutAGraph) {
  BertForPreTraining model(testing::toy_model_config());
  PreTrainingBatch batch;
  batch.targets.masked_rows = torch::zeros({0}, torch::kLong);
  batch.targets.masked_labels = torch::zeros({0}, torch::kLong);
  const auto terms = loss_terms(model, make_objectives({"masked_lm"}), batch, {});  // There is no input to encode.
  ASSERT_EQ(terms.size(), 1u);
  EXPECT_EQ(terms[0].count, 0);
}

TEST(MetricsFile, LosesAnEvaluationThatARunHasToMakeAgain) {
  ToyTraining training(toy_train_config(3));
  const auto file = training.folder.path() / "metrics.jsonl";
  write_file_atomic(file,
                    "{\"step\": 2, \"kind\": \"evaluation\"}\n{\"step\": 3, \"kind\": \"train\"}\n"
                    "{\"step\": 3, \"kind\": \"evaluation\"}\n");
  TrainState state;
  state.progress.step = 3, state.evaluated.step = 2;
  training.run(state, observers(make_metrics_observer(training.config, file)));
  EXPECT_EQ(read_file(file), "{\"step\": 2, \"kind\": \"evaluation\"}\n{\"step\": 3, \"kind\": \"train\"}\n");
}

TEST(MetricsFile, HasALineAnIntervalAndDropsWhatARunRepeats) {
  auto config = toy_train_config(4);
  config.log_every = Duration::steps(2);
  ToyTraining training(config);
  const auto file = training.folder.path() / "metrics.jsonl";
  write_file_atomic(file,
                    "{\"step\": 0, \"kind\": \"old\"}\n{\"step\": 2, \"kind\": \"repeated\"}\n{\"step\": 0, \"cut");
  training.run({}, observers(make_metrics_observer(config, file)));
  const std::string content = read_file(file);
  EXPECT_EQ(std::count(content.begin(), content.end(), '\n'), 3);
  EXPECT_NE(content.find("old"), std::string::npos);
  EXPECT_EQ(content.find("repeated"), std::string::npos);
  EXPECT_NE(content.find("\"kind\":\"train\",\"step\":4"), std::string::npos);
}

}  // namespace
}  // namespace bertforge
