#include "bertforge/checkpoint/checkpoint_observer.h"

#include "bertforge/checkpoint/paths.h"
#include "bertforge/checkpoint/run_checkpoints.h"
#include "bertforge/checkpoint/state_file.h"
#include "checkpoint/toy_run.h"
#include "support/error_matchers.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using testing::steps_of;
using testing::TempDir;
using testing::ToyRun;

// A training that does what the trainer does around its observers.
class FakeTraining : public TrainingView {
 public:
  FakeTraining(const fs::path& run, const TrainConfig& config, const TrainState& start = {}) : before_(start.progress) {
    toy_.state = start;
    observer_ = make_checkpoint_observer(run, toy_.parts(), config);
    observer_->on_start(*this);
  }

  void step() {
    before_ = toy_.state.progress;
    toy_.update();
    observer_->on_step(*this, {});
  }

  // An update that an evaluation follows, before the observer's turn.
  void step_and_evaluate(double loss) {
    before_ = toy_.state.progress;
    toy_.update();
    if (!toy_.state.best_loss || loss < *toy_.state.best_loss) {
      toy_.state.best_loss = loss;
      toy_.state.best_step = toy_.state.progress.step;
    }
    observer_->on_evaluation(*this, {});
    observer_->on_step(*this, {});
  }

  void end(StopReason reason) {
    reason_ = reason;
    observer_->on_end(*this);
  }

  const TrainState& state() const override { return toy_.state; }

 private:
  const Progress& progress_before() const override { return before_; }
  double share_done() const override { return 0.5; }
  StopReason stop_reason() const override { return reason_; }
  void ask_stop() override {}
  void publish(const EvaluationReport&) override {}

  ToyRun toy_;
  Progress before_;
  StopReason reason_ = StopReason::kNone;
  std::unique_ptr<TrainingObserver> observer_;
};

TrainConfig every(double steps, std::int64_t keep_last) {
  TrainConfig config;
  config.checkpoint_every = Duration::steps(steps);
  config.keep_last = keep_last;
  return config;
}

TEST(CheckpointObserver, SavesWhenItIsDueAndAtTheEnd) {
  const TempDir run;
  FakeTraining training(run.path(), every(3, 0));
  for (int i = 0; i < 7; ++i) training.step();
  EXPECT_THAT(steps_of(run.path()), ElementsAre(3, 6));
  training.end(StopReason::kFinished);
  EXPECT_THAT(steps_of(run.path()), ElementsAre(3, 6, 7));
}

TEST(CheckpointObserver, SavesARunThatIsInterrupted) {
  const TempDir run;
  FakeTraining training(run.path(), every(100, 3));
  for (int i = 0; i < 2; ++i) training.step();
  training.end(StopReason::kInterrupted);
  EXPECT_EQ(latest_checkpoint(run.path()), run / "checkpoints/step-00000002");
}

TEST(CheckpointObserver, SavesNothingTwice) {
  const TempDir run;
  FakeTraining training(run.path(), every(2, 3));
  for (int i = 0; i < 2; ++i) training.step();
  const auto written = fs::last_write_time(run / "checkpoints/step-00000002");
  training.end(StopReason::kFinished);
  EXPECT_EQ(fs::last_write_time(run / "checkpoints/step-00000002"), written);
}

TEST(CheckpointObserver, SavesAtEveryBestEvaluationAndLetsBestLeadThere) {
  const TempDir run;
  FakeTraining training(run.path(), every(100, 1));
  training.step_and_evaluate(4.0);
  EXPECT_EQ(fs::read_symlink(run / "best"), "checkpoints/step-00000001");
  training.step_and_evaluate(3.0);
  training.step_and_evaluate(3.5);
  EXPECT_EQ(fs::read_symlink(run / "best"), "checkpoints/step-00000002");
  training.end(StopReason::kFinished);
  EXPECT_THAT(steps_of(run.path()), ElementsAre(2, 3));
  EXPECT_EQ(resolve_checkpoint(run.path()), run / "checkpoints/step-00000002");
}

TEST(CheckpointObserver, ACheckpointKnowsTheEvaluationOfItsStep) {
  const TempDir run;
  FakeTraining training(run.path(), every(2, 3));
  training.step();
  training.step_and_evaluate(4.0);
  const TrainState saved = read_state_file(run / "checkpoints/step-00000002");
  EXPECT_EQ(saved.best_loss, 4.0);
  EXPECT_EQ(saved.best_step, 2);
}

TEST(CheckpointObserver, KeepsTheBestAndTheNewestOnes) {
  const TempDir run;
  FakeTraining training(run.path(), every(1, 2));
  training.step();
  training.step_and_evaluate(4.0);
  for (int i = 0; i < 5; ++i) training.step();
  EXPECT_THAT(steps_of(run.path()), ElementsAre(2, 6, 7));
}

TEST(CheckpointObserver, ARunThatGoesOnSavesOnlyWhatIsNew) {
  const TempDir run;
  FakeTraining first(run.path(), every(2, 0));
  for (int i = 0; i < 2; ++i) first.step();
  const auto written = fs::last_write_time(run / "checkpoints/step-00000002");
  FakeTraining second(run.path(), every(2, 0), first.state());
  second.end(StopReason::kFinished);
  EXPECT_EQ(fs::last_write_time(run / "checkpoints/step-00000002"), written);
}

TEST(CheckpointObserver, ARunThatGoesOnMendsTheLinkToItsLatest) {
  const TempDir run;
  FakeTraining first(run.path(), every(1, 0));
  for (int i = 0; i < 2; ++i) first.step();
  set_latest(run.path(), run / "checkpoints/step-00000001");  // As a process leaves it that is killed between the two.
  FakeTraining second(run.path(), every(1, 0), first.state());
  EXPECT_EQ(fs::read_symlink(run / "latest"), "checkpoints/step-00000002");
}

TEST(CheckpointObserver, ARunThatGoesOnMendsTheLinkToItsBest) {
  const TempDir run;
  FakeTraining first(run.path(), every(1, 0));
  first.step_and_evaluate(4.0);
  first.step_and_evaluate(3.0);
  set_best(run.path(), run / "checkpoints/step-00000001");  // As a process leaves it that is killed between the two.
  FakeTraining second(run.path(), every(1, 0), first.state());
  EXPECT_EQ(fs::read_symlink(run / "best"), "checkpoints/step-00000002");
}

TEST(CheckpointObserver, RefusesARunFolderThatHasComeFurther) {
  const TempDir run;
  FakeTraining first(run.path(), every(2, 0));
  for (int i = 0; i < 4; ++i) first.step();
  EXPECT_ERROR(FakeTraining(run.path(), every(2, 0)), ErrorKind::kUsage,
               "step-00000004: this run has come further than step 0");
}

TEST(CheckpointObserver, ReplacesBrokenCheckpointsOfLaterSteps) {
  const TempDir run;
  run.write("checkpoints/step-00000002/config.json", "{}");
  FakeTraining training(run.path(), every(2, 1));
  for (int i = 0; i < 2; ++i) training.step();
  EXPECT_EQ(latest_checkpoint(run.path()), run / "checkpoints/step-00000002");
}

TEST(CheckpointObserver, MakesNoRunFolderAgainThatHasGone) {
  const TempDir folder;
  const fs::path run = folder / "run";
  fs::create_directory(run);
  FakeTraining training(run, every(2, 0));
  training.step();
  fs::remove(run);
  EXPECT_ERROR(training.step(), ErrorKind::kEnvironment, "run is not there any more");
  EXPECT_FALSE(fs::exists(run));
}

}  // namespace
}  // namespace bertforge
