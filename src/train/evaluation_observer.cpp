#include "bertforge/train/observers.h"

namespace bertforge {
namespace {

class EvaluationObserver : public TrainingObserver {
 public:
  EvaluationObserver(BertForPreTraining& model, Evaluator evaluator, const TrainConfig& config)
      : model_(model), evaluator_(std::move(evaluator)), interval_(config.evaluate_every) {}

  void on_step(TrainingView& view, const StepReport&) override {
    if (is_due(interval_, view.progress_before(), view.state().progress)) evaluate(view);
  }

  void on_end(TrainingView& view) override {
    const bool is_evaluated = evaluated_step_ == view.state().progress.step;
    if (!is_evaluated && view.stop_reason() != StopReason::kInterrupted) evaluate(view);
  }

 private:
  void evaluate(TrainingView& view) {
    evaluated_step_ = view.state().progress.step;
    view.publish(evaluator_.evaluate(model_));
  }

  BertForPreTraining& model_;
  Evaluator evaluator_;
  Duration interval_;
  std::int64_t evaluated_step_ = -1;
};

}  // namespace

std::unique_ptr<TrainingObserver> make_evaluation_observer(BertForPreTraining& model, Evaluator evaluator,
                                                           const TrainConfig& config) {
  return std::make_unique<EvaluationObserver>(model, std::move(evaluator), config);
}

}  // namespace bertforge
