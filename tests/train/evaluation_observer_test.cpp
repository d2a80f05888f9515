#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <algorithm>

#include "bertforge/train/evaluator.h"
#include "bertforge/train/observers.h"
#include "toy_training.h"

namespace bertforge {
namespace {

using ::testing::ElementsAre;
using testing::observers;
using testing::record;
using testing::Recorder;
using testing::toy_train_config;
using testing::ToyTraining;

TEST(EvaluationObserver, PublishesEvaluationsWhenDueAndAtTheEnd) {
  auto config = toy_train_config(5);
  config.evaluate_every = Duration::steps(2);
  ToyTraining training(config);
  auto batches = make_evaluation_batches(training.store, training.tokenizer, training.loader_config(), 10, 1);
  Evaluator evaluator(batches, make_objectives(config.objectives), torch::kCPU, std::vector<std::int64_t>(99, 3));
  Recorder recorder;
  training.run({},
               observers(make_evaluation_observer(training.model, *training.optimizer, std::move(evaluator), config),
                         record(recorder)));
  EXPECT_THAT(recorder.events, ElementsAre("start", "step 1", "evaluation", "step 2", "step 3", "evaluation", "step 4",
                                           "step 5", "evaluation", "end"));
  ASSERT_TRUE(training.final_state.best_loss);
  double best = 1e9;
  for (const auto& report : recorder.evaluations) best = std::min(best, report.find("masked_lm")->loss());
  EXPECT_EQ(*training.final_state.best_loss, best);
}

// A training that stands where the test puts it.
struct FakeView : TrainingView {
  const TrainState& state() const override { return current; }
  const Progress& progress_before() const override { return before; }
  double share_done() const override { return 0.5; }
  StopReason stop_reason() const override { return reason; }
  void ask_stop() override {}
  void publish(const EvaluationReport&) override {
    ++num_evaluations;
    current.evaluated = current.progress;
  }

  TrainState current;
  Progress before;
  StopReason reason = StopReason::kNone;
  int num_evaluations = 0;
};

TEST(EvaluationObserver, IsPutOffByAnInterruptionAndMadeUpForAtTheResume) {
  auto config = toy_train_config(9);
  config.evaluate_every = Duration::steps(3);
  ToyTraining training(config);
  Evaluator evaluator(make_evaluation_batches(training.store, training.tokenizer, training.loader_config(), 4, 1),
                      make_objectives(config.objectives), torch::kCPU, {});
  const auto observer = make_evaluation_observer(training.model, *training.optimizer, std::move(evaluator), config);

  FakeView view;
  view.current.progress.step = 3;
  view.before.step = 2;
  view.reason = StopReason::kInterrupted;
  observer->on_step(view, {});
  observer->on_end(view);
  EXPECT_EQ(view.num_evaluations, 0);

  view.reason = StopReason::kNone;
  observer->on_ready(view);
  EXPECT_EQ(view.num_evaluations, 1);
  observer->on_ready(view);  // Resumed once more: nothing is owed.
  EXPECT_EQ(view.num_evaluations, 1);
}

}  // namespace
}  // namespace bertforge
