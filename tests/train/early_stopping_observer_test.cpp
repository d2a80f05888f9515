#include <gtest/gtest.h>

#include "bertforge/train/observers.h"
#include "toy_training.h"

namespace bertforge {
namespace {

using testing::observers;
using testing::toy_train_config;
using testing::ToyTraining;

// Publishes these losses, one a step.
struct PublishLosses : TrainingObserver {
  explicit PublishLosses(std::vector<double> losses) : losses(std::move(losses)) {}
  void on_step(TrainingView& view, const StepReport&) override {
    const auto i = static_cast<std::size_t>(view.state().progress.step - 1);
    EvaluationReport report;
    TermMetrics term;
    term.name = "masked_lm";
    term.loss_sum = losses.at(i);
    term.count = 1;
    report.terms.push_back(term);
    view.publish(report);
  }
  const std::vector<double> losses;
};

TEST(EarlyStopping, EndsTrainingAfterSoManyEvaluationsWithoutANewBestAndAtOnceWhenResumed) {
  auto config = toy_train_config(9);
  config.patience = 2;
  ToyTraining training(config);
  const std::vector<double> losses = {5, 6, 4, 4, 4.5, 1, 1, 1, 1};
  const auto run = [&](const TrainState& state) {
    return training.run(state,
                        observers(std::make_unique<PublishLosses>(losses), make_early_stopping_observer(config)));
  };
  EXPECT_EQ(run({}), StopReason::kEarlyStopping);
  EXPECT_EQ(training.final_state.progress.step, 5);
  EXPECT_EQ(training.final_state.best_step, 3);
  EXPECT_EQ(training.final_state.evaluations_since_best, 2);

  const TrainState stopped = training.final_state;
  EXPECT_EQ(run(stopped), StopReason::kEarlyStopping);
  EXPECT_EQ(training.final_state, stopped);
}

}  // namespace
}  // namespace bertforge
