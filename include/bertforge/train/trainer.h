#pragma once
// The training loop: batches, forward, loss terms, backward, clip, schedule, update, observers.
//
// Fed by data/batch_loader.h; changes the weights in model/parameters.h; everything else that happens is an observer.
// Source: Devlin et al. 2019, appendix A.2; the order of operations is transformers' and google-research/bert's.

#include <memory>
#include <optional>
#include <vector>

#include "bertforge/data/batch_loader.h"
#include "bertforge/model/bert.h"
#include "bertforge/model/parameters.h"
#include "bertforge/train/config.h"
#include "bertforge/train/fitting_passes.h"
#include "bertforge/train/gradient_exchange.h"
#include "bertforge/train/loss_scaler.h"
#include "bertforge/train/observer.h"
#include "bertforge/train/optimizer.h"
#include "bertforge/train/schedule.h"

namespace bertforge {

class Trainer : private TrainingView {
 public:
  // Model, store, optimizer and group outlive the trainer. `state` is where training begins: {} or a checkpoint's. Ranks
  // begin with equal weights, moments and states, and have loaders of the same stream; then they stay equal.
  Trainer(BertForPreTraining& model, ParameterStore& store, Optimizer& optimizer,
          const OptimizerConfig& optimizer_config, const TrainConfig& config, at::Device device, TrainState state,
          ProcessGroup& group = solo_group());

  // What updates spend their time on, from now on. The trace outlives the trainer.
  void record_to(ChromeTrace& trace);

  void add_observer(std::unique_ptr<TrainingObserver> observer);

  // Trains until the budget is spent, an observer asks to stop, or a stop signal comes (base/stop_signal.h).
  // A loss or gradient that is not finite: Error(kDiverged), or with train.on_non_finite "skip" a warning, and that
  // error after ten in a row; the weights are those before that update. In float16 gradients that are not finite lower the
  // scale of the loss first: such an update is left out whatever train.on_non_finite says.
  StopReason run(BatchLoader& loader);

  const TrainState& state() const override { return state_; }

 private:
  GlobalBatch next_batch(BatchLoader& loader) const;
  void tell_observers(const StepReport& report);
  StepReport train_step(const GlobalBatch& batch);
  std::vector<TermMetrics> compute_gradients(const GlobalBatch& batch);
  void skip_or_fail(const StepReport& report);
  double loss_scale() const { return loss_scaler_ ? loss_scaler_->scale() : 1; }
  bool is_scale_to_blame(const StepReport& report);
  double agree(double seconds);
  void advance(const GlobalBatch& batch, const StepReport& report);
  double learning_rate() const;
  StopReason next_stop_reason() const;

  const Progress& progress_before() const override { return progress_before_; }
  double share_done() const override;
  StopReason stop_reason() const override { return stop_reason_; }
  void ask_stop() override { stop_asked_ = true; }
  void publish(const EvaluationReport& report) override;

  BertForPreTraining& model_;
  ParameterStore& store_;
  Optimizer& optimizer_;
  const OptimizerConfig optimizer_config_;
  const TrainConfig config_;
  const at::Device device_;
  ProcessGroup& group_;
  GradientExchange exchange_;
  const Schedule schedule_;
  const std::vector<std::unique_ptr<Objective>> objectives_;
  TrainState state_;
  Progress progress_before_;
  StopReason stop_reason_ = StopReason::kNone;
  bool stop_asked_ = false;
  int signal_ = 0;                         // That asked to stop, on whichever rank
  std::optional<LossScaler> loss_scaler_;  // Of float16
  std::int64_t num_skipped_in_a_row_ = 0;
  FittingPasses passes_;
  ChromeTrace* trace_ = nullptr;
  std::vector<std::unique_ptr<TrainingObserver>> observers_;
};

}  // namespace bertforge
