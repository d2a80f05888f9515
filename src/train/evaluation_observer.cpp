#include "bertforge/train/observers.h"

namespace bertforge {
namespace {

class EvaluationObserver : public TrainingObserver {
 public:
  EvaluationObserver(BertForPreTraining& model, Optimizer& optimizer, Evaluator evaluator, const TrainConfig& config)
      : model_(model), optimizer_(optimizer), evaluator_(std::move(evaluator)), interval_(config.evaluate_every) {}

  // Also what an interruption left owing.
  void on_ready(TrainingView& view) override { evaluate_if_due(view); }
  void on_step(TrainingView& view, const StepReport&) override { evaluate_if_due(view); }

  void on_end(TrainingView& view) override {
    const bool is_evaluated = view.state().evaluated.step == view.state().progress.step;
    if (!is_evaluated && view.stop_reason() != StopReason::kInterrupted) view.publish(evaluate());
  }

 private:
  EvaluationReport evaluate() {
    const AveragedWeights averaged(optimizer_);
    return evaluator_.evaluate(model_);
  }

  // Who asked the program to stop waits for a checkpoint, and may not wait long: the evaluation is made up for at the resume.
  void evaluate_if_due(TrainingView& view) {
    if (view.stop_reason() == StopReason::kInterrupted) return;
    if (is_due(interval_, view.state().evaluated, view.state().progress)) view.publish(evaluate());
  }

  BertForPreTraining& model_;
  Optimizer& optimizer_;
  Evaluator evaluator_;
  Duration interval_;
};

}  // namespace

std::unique_ptr<TrainingObserver> make_evaluation_observer(BertForPreTraining& model, Optimizer& optimizer,
                                                           Evaluator evaluator, const TrainConfig& config) {
  return std::make_unique<EvaluationObserver>(model, optimizer, std::move(evaluator), config);
}

}  // namespace bertforge
