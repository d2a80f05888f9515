#include "bertforge/checkpoint/checkpoint_observer.h"

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/base/log.h"
#include "bertforge/base/stop_signal.h"
#include "bertforge/checkpoint/paths.h"
#include "bertforge/checkpoint/run_checkpoints.h"

namespace bertforge {
namespace {

class CheckpointObserver : public TrainingObserver {
 public:
  CheckpointObserver(std::filesystem::path run_folder, const CheckpointParts& parts, const TrainConfig& config)
      : run_folder_(std::move(run_folder)),
        parts_(parts),
        interval_(config.checkpoint_every),
        keep_last_(config.keep_last) {}

  void on_start(TrainingView& view) override {
    remove_partial_checkpoints(run_folder_);
    const std::int64_t step = view.state().progress.step;
    if (const auto later = latest_checkpoint(run_folder_, step)) {
      fail(ErrorKind::kUsage, later->string(), ": this run has come further than step ", step,
           ", where training would begin; resume from it, or name another --output");
    }
    restore_latest(view.state());
    restore_best(view.state());
  }

  void on_step(TrainingView& view, const StepReport&) override {
    const bool is_asked = take_save_request();
    if (is_asked || is_due(interval_, view.progress_before(), view.state().progress)) save(view.state());
  }

  void on_evaluation(TrainingView& view, const EvaluationReport&) override {
    const TrainState& state = view.state();
    const bool is_best = state.best_loss && state.best_step == state.progress.step;
    if (is_best) save_best(state);
  }

  void on_end(TrainingView& view) override { save(view.state()); }

 private:
  void save(const TrainState& state) {
    if (is_saved(state)) return;
    write(state);
    prune_checkpoints(run_folder_, state.progress.step, keep_last_);
  }

  void write(const TrainState& state) {
    if (is_saved(state)) return;
    // It would be made again, without what belongs to a run.
    if (!folder_exists(run_folder_)) fail(ErrorKind::kEnvironment, run_folder_.string(), " is not there any more");
    const auto folder = save_checkpoint(run_folder_, parts_, state);
    note_saved(state);
    log_info("saved ", folder.string());
  }

  void save_best(const TrainState& state) {
    write(state);
    set_best(run_folder_, RunPaths{run_folder_}.checkpoint(state.progress.step));
    prune_checkpoints(run_folder_, state.progress.step, keep_last_);  // Only now may the best until now go.
  }

  // A process killed between saving and linking leaves `latest` behind.
  void restore_latest(const TrainState& state) {
    const auto checkpoint = RunPaths{run_folder_}.checkpoint(state.progress.step);
    if (!is_whole_checkpoint(checkpoint)) return;
    note_saved(state);
    set_latest(run_folder_, checkpoint);
  }

  // That, or a link to a step that this history has not, leaves `best` wrong.
  void restore_best(const TrainState& state) const {
    if (!state.best_loss) return;
    const auto best = RunPaths{run_folder_}.checkpoint(state.best_step);
    if (is_whole_checkpoint(best)) set_best(run_folder_, best);
  }

  // Between two updates, only an evaluation that is the best changes the state.
  bool is_saved(const TrainState& state) const {
    return saved_step_ == state.progress.step && saved_best_loss_ == state.best_loss;
  }

  void note_saved(const TrainState& state) {
    saved_step_ = state.progress.step;
    saved_best_loss_ = state.best_loss;
  }

  std::filesystem::path run_folder_;
  CheckpointParts parts_;
  Duration interval_;
  std::int64_t keep_last_;
  std::int64_t saved_step_ = -1;
  std::optional<double> saved_best_loss_;
};

}  // namespace

std::unique_ptr<TrainingObserver> make_checkpoint_observer(std::filesystem::path run_folder,
                                                           const CheckpointParts& parts, const TrainConfig& config) {
  return std::make_unique<CheckpointObserver>(std::move(run_folder), parts, config);
}

}  // namespace bertforge
