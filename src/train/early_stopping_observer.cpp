#include "bertforge/base/log.h"
#include "bertforge/train/observers.h"

namespace bertforge {
namespace {

class EarlyStoppingObserver : public TrainingObserver {
 public:
  explicit EarlyStoppingObserver(const TrainConfig& config) : patience_(config.patience) {}

  void on_start(TrainingView& view) override { stop_if_patience_is_over(view); }
  void on_evaluation(TrainingView& view, const EvaluationReport&) override { stop_if_patience_is_over(view); }

 private:
  void stop_if_patience_is_over(TrainingView& view) const {
    const std::int64_t count = view.state().evaluations_since_best;
    if (count < patience_) return;
    log_info("stopping early: ", count, " evaluations in a row without a lower loss (train.patience is ", patience_,
             "); the best is step ", view.state().best_step, "'s");
    view.ask_stop();
  }

  const std::int64_t patience_;
};

}  // namespace

std::unique_ptr<TrainingObserver> make_early_stopping_observer(const TrainConfig& config) {
  return std::make_unique<EarlyStoppingObserver>(config);
}

}  // namespace bertforge
