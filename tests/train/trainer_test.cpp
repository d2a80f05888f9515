#include "bertforge/train/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <csignal>
#include <limits>
#include <tuple>

#include "bertforge/base/files.h"
#include "bertforge/base/stop_signal.h"
#include "bertforge/train/observers.h"
#include "support/error_matchers.h"
#include "toy_training.h"

namespace bertforge {
namespace {

using ::testing::ElementsAre;
using testing::observers;
using testing::record;
using testing::Recorder;
using testing::toy_train_config;
using testing::ToyTraining;

TEST(Trainer, LearnsWhatFollowsWhatInAToyCorpus) {
  ToyTraining training(toy_train_config(150));
  Recorder recorder;
  EXPECT_EQ(training.run({}, observers(record(recorder))), StopReason::kFinished);
  ASSERT_EQ(recorder.steps.size(), 150u);
  EXPECT_NEAR(recorder.steps.front().loss, std::log(99.0) + std::log(2.0), 0.2);
  double last_ten = 0;
  for (std::size_t i = 140; i < 150; ++i) last_ten += recorder.steps[i].loss / 10;
  // No context gets below log(94) + log(2), 5.24.
  EXPECT_LT(last_ten, 5.0);
}

TEST(Trainer, CountsStepsExamplesTokensAndEpochs) {
  ToyTraining training(toy_train_config(4));
  Recorder recorder;
  training.run({}, observers(record(recorder)));
  const Progress& progress = training.final_state.progress;
  EXPECT_EQ(progress.step, 4);
  EXPECT_EQ(progress.examples, 28);
  std::int64_t tokens = 0;
  for (const StepReport& report : recorder.steps) tokens += report.num_tokens;
  EXPECT_EQ(progress.tokens, tokens);
  EXPECT_GT(progress.epoch, 0);
  EXPECT_GT(progress.seconds, 0);
}

TEST(Trainer, AccumulatedMicroBatchesEqualTheWholeBatch) {
  auto config = toy_train_config(3);
  ToyTraining whole(config);
  whole.run();
  config.micro_batch_size = 3;  // 7 sequences as 3, 3 and 1.
  ToyTraining parts(config);
  parts.run();
  const auto expected = whole.parameters->weights();
  EXPECT_LT((parts.parameters->weights() - expected).abs().max().item<double>(),
            1e-5 * expected.abs().max().item<double>());
}

class CheckpointedTraining : public ::testing::TestWithParam<std::tuple<const char*, Precision>> {};

TEST_P(CheckpointedTraining, EndsWithTheSameWeights) {
  const auto [kernels, precision] = GetParam();
  auto config = toy_train_config(6);
  config.micro_batch_size = 3;
  ToyTraining plain(config, {.learning_rate = 3e-3}, precision);
  config.activation_checkpointing = true;
  ToyTraining checkpointed(config, {.learning_rate = 3e-3}, precision);
  for (ToyTraining* training : {&plain, &checkpointed}) {
    training->model->choose_kernels(kernels, training->parameters.get());
    training->run();
  }
  EXPECT_TRUE(checkpointed.parameters->weights().equal(plain.parameters->weights()));
  const auto& fused = checkpointed.model->bert->fused_encoder;
  if (fused) {
    EXPECT_LT(fused->buffer_bytes(), plain.model->bert->fused_encoder->buffer_bytes());
  }
}

INSTANTIATE_TEST_SUITE_P(OnBothPaths, CheckpointedTraining,
                         ::testing::Combine(::testing::Values("auto", "plain"),
                                            ::testing::Values(Precision::kFloat32, Precision::kBfloat16)));

class TrainerResume : public ::testing::TestWithParam<std::tuple<Precision, const char*>> {};

TEST_P(TrainerResume, ContinuesBitForBitWhereItStopped) {
  const auto [precision, algorithm] = GetParam();
  const OptimizerConfig optimizer = {.algorithm = algorithm, .learning_rate = 3e-3};
  ToyTraining whole(toy_train_config(9), optimizer, precision);
  whole.run();

  ToyTraining first(toy_train_config(9), optimizer, precision);
  Recorder recorder;
  EXPECT_EQ(first.run({}, observers(record(recorder, /*stop_after=*/4))), StopReason::kEarlyStopping);
  ToyTraining second(toy_train_config(9), optimizer, precision);
  second.parameters->weights().copy_(first.parameters->weights());
  second.parameters->refresh_modules();
  for (std::size_t i = 0; i < 2; ++i) {
    at::Tensor(second.optimizer->slots()[i].values).copy_(first.optimizer->slots()[i].values);
  }
  EXPECT_EQ(second.run(first.final_state), StopReason::kFinished);
  EXPECT_TRUE(second.parameters->weights().equal(whole.parameters->weights()));
  EXPECT_EQ(second.final_state.data_position, whole.final_state.data_position);
}

TEST(Trainer, ContinuesInsideABatchRampWithTheSameBatches) {
  auto config = toy_train_config(9);
  config.initial_batch_size = 2, config.batch_ramp = parse_duration("60 examples");
  ToyTraining whole(config), first(config), second(config);
  Recorder recorder;
  whole.run({}, observers(record(recorder)));
  EXPECT_LT(recorder.steps.front().num_tokens, recorder.steps.back().num_tokens);
  first.run({}, observers(record(recorder, /*stop_after=*/4)));
  second.run(first.final_state);
  EXPECT_EQ(second.final_state.data_position, whole.final_state.data_position);
  EXPECT_EQ(second.final_state.progress.tokens, whole.final_state.progress.tokens);
}

INSTANTIATE_TEST_SUITE_P(InBothPrecisions, TrainerResume,
                         ::testing::Combine(::testing::Values(Precision::kFloat32, Precision::kBfloat16),
                                            ::testing::Values("adamw", "lamb")));

TEST(Trainer, Bfloat16FollowsFloat32) {
  ToyTraining exact(toy_train_config(20)), coarse(toy_train_config(20), {.learning_rate = 3e-3}, Precision::kBfloat16);
  Recorder exact_steps, coarse_steps;
  exact.run({}, observers(record(exact_steps)));
  coarse.run({}, observers(record(coarse_steps)));
  for (std::size_t i = 0; i < exact_steps.steps.size(); ++i) {
    EXPECT_NEAR(coarse_steps.steps[i].loss, exact_steps.steps[i].loss, 0.05) << "step " << i;
  }
}

TEST(Trainer, StopsOnALossThatIsNotFiniteWithTheWeightsUntouched) {
  ToyTraining training(toy_train_config(5));
  training.parameters->weights().fill_(std::numeric_limits<float>::infinity());
  EXPECT_ERROR(training.run(), ErrorKind::kDiverged, "step 1: loss");
  EXPECT_TRUE(training.parameters->weights().isinf().all().item<bool>());
}

// Spoils the weights before step `first`, mends them after `count` steps, and notes which were skipped.
struct SpoilSomeSteps : TrainingObserver {
  SpoilSomeSteps(ToyTraining& training, std::int64_t first, std::int64_t count, std::vector<std::int64_t>& skipped)
      : training(training), first(first), count(count), skipped(skipped) {}
  void on_step(TrainingView& view, const StepReport& report) override {
    const std::int64_t step = view.state().progress.step;
    if (report.is_skipped) skipped.push_back(step);
    auto& weights = training.parameters->weights();
    if (step + 1 == first) {
      sound = weights.clone();
      weights.fill_(std::numeric_limits<float>::quiet_NaN());
    }
    if (step + 1 == first + count) weights.copy_(sound);
  }
  ToyTraining& training;
  const std::int64_t first, count;
  std::vector<std::int64_t>& skipped;
  at::Tensor sound;
};

TEST(Trainer, SkipsAnUpdateThatIsNotFiniteWhereItIsToldTo) {
  auto config = toy_train_config(8);
  config.on_non_finite = "skip";
  config.log_every = Duration::steps(2);
  ToyTraining training(config);
  const auto file = training.folder.path() / "metrics.jsonl";
  std::vector<std::int64_t> skipped;
  EXPECT_EQ(training.run({}, observers(std::make_unique<SpoilSomeSteps>(training, 3, 2, skipped),
                                       make_metrics_observer(config, file))),
            StopReason::kFinished);
  EXPECT_THAT(skipped, ElementsAre(3, 4));
  EXPECT_TRUE(training.parameters->weights().isfinite().all().item<bool>());
  const std::string metrics = read_file(file);
  EXPECT_EQ(metrics.find("null"), std::string::npos) << metrics;
  EXPECT_EQ(metrics.find("\"step\":4,"), std::string::npos) << "an interval without an update has no line";
}

TEST(Trainer, StopsAfterTenUpdatesInARowThatAreNotFinite) {
  auto config = toy_train_config(50);
  config.on_non_finite = "skip";
  ToyTraining training(config);
  training.parameters->weights().fill_(std::numeric_limits<float>::infinity());
  EXPECT_ERROR(training.run(), ErrorKind::kDiverged, "10 in a row");
}

TEST(Trainer, StopsAtASignalAfterTheStepUnderWay) {
  struct Terminate : TrainingObserver {
    void on_step(TrainingView& view, const StepReport&) override {
      if (view.state().progress.step == 2) request_stop(SIGTERM);
    }
  };
  ToyTraining training(toy_train_config(9));
  Recorder recorder;
  EXPECT_EQ(training.run({}, observers(std::make_unique<Terminate>(), record(recorder))), StopReason::kInterrupted);
  EXPECT_EQ(stop_signal(), SIGTERM);
  clear_stop_request();
  EXPECT_THAT(recorder.events, ElementsAre("start", "step 1", "step 2", "end"));
}

TEST(Trainer, TrainsForEpochsTokensOrExamplesAsItIsTold) {
  auto config = toy_train_config(0);
  config.duration = parse_duration("30 examples");
  ToyTraining training(config);
  training.run();
  EXPECT_EQ(training.final_state.progress.examples, 35);  // The first multiple of 7 that reaches 30.
}

// Where a loss of 65,536 times the size overflows float16, and one of some thousands does not.
TEST(Trainer, InFloat16LowersTheScaleOfTheLossUntilUpdatesAreFiniteAndKeepsIt) {
  TrainConfig config = toy_train_config(30);
  config.precision = "float16";
  ToyTraining training(config, {.learning_rate = 3e-3}, Precision::kFloat16);
  training.model->choose_kernels("plain"), training.optimizer->choose_kernels(nullptr);
  TrainState state;
  state.loss_scaler.scale = 1 << 30;
  Recorder recorder;
  training.run(state, testing::observers(record(recorder)));
  EXPECT_TRUE(recorder.steps.front().is_skipped);
  EXPECT_FALSE(recorder.steps.back().is_skipped);
  EXPECT_TRUE(std::isfinite(recorder.steps.back().gradient_norm));
  EXPECT_LT(recorder.steps.back().gradient_norm, 100);
  EXPECT_LT(training.final_state.loss_scaler.scale, 1 << 30);
  EXPECT_GT(training.final_state.loss_scaler.finite_updates, 0);
  EXPECT_LT(recorder.steps.back().loss, 5.5);
}

}  // namespace
}  // namespace bertforge
