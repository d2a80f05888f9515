#include "bertforge/checkpoint/checkpoint_observer.h"

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/base/log.h"
#include "bertforge/base/stop_signal.h"
#include "bertforge/checkpoint/paths.h"
#include "bertforge/checkpoint/run_checkpoints.h"

namespace bertforge {
namespace {

// Whether rank 0 saves, for the ranks that have shares of what it saves; they ask until it does not.
bool say_whether_to_save(ProcessGroup& group, bool saves) {
  return group.total(std::vector<std::int64_t>{saves ? 1 : 0}).front() != 0;
}

class CheckpointObserver : public TrainingObserver {
 public:
  CheckpointObserver(std::filesystem::path run_folder, const CheckpointParts& parts, const TrainConfig& config,
                     ProcessGroup& group)
      : run_folder_(std::move(run_folder)),
        parts_(parts),
        group_(group),
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
    let_others_go_on();
  }

  void on_evaluation(TrainingView& view, const EvaluationReport&) override {
    const TrainState& state = view.state();
    const bool is_best = state.best_loss && state.best_step == state.progress.step;
    if (is_best) save_best(state);
    let_others_go_on();
  }

  void on_end(TrainingView& view) override {
    save(view.state());
    let_others_go_on();
  }

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
    if (parts_.optimizer.is_sharded()) {
      say_whether_to_save(group_, true);
      parts_.optimizer.gather_slots();
    }
    const auto folder = save_checkpoint(run_folder_, parts_, state);
    if (parts_.optimizer.is_sharded()) parts_.optimizer.drop_slots();
    note_saved(state);
    log_info("saved ", folder.string());
  }

  void let_others_go_on() {
    if (parts_.optimizer.is_sharded()) say_whether_to_save(group_, false);
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
  ProcessGroup& group_;
  Duration interval_;
  std::int64_t keep_last_;
  std::int64_t saved_step_ = -1;
  std::optional<double> saved_best_loss_;
};

class ShareObserver : public TrainingObserver {
 public:
  ShareObserver(Optimizer& optimizer, ProcessGroup& group) : optimizer_(optimizer), group_(group) {}

  void on_step(TrainingView&, const StepReport&) override { serve(); }
  void on_evaluation(TrainingView&, const EvaluationReport&) override { serve(); }
  void on_end(TrainingView&) override { serve(); }

 private:
  void serve() {
    while (say_whether_to_save(group_, false)) optimizer_.gather_slots();
  }

  Optimizer& optimizer_;
  ProcessGroup& group_;
};

}  // namespace

std::unique_ptr<TrainingObserver> make_checkpoint_observer(std::filesystem::path run_folder,
                                                           const CheckpointParts& parts, const TrainConfig& config,
                                                           ProcessGroup& group) {
  return std::make_unique<CheckpointObserver>(std::move(run_folder), parts, config, group);
}

std::unique_ptr<TrainingObserver> make_share_observer(Optimizer& optimizer, ProcessGroup& group) {
  return std::make_unique<ShareObserver>(optimizer, group);
}

}  // namespace bertforge
