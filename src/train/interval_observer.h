#pragma once
// An observer that writes the means of every interval of train.log_every, and of the one under way where that must not be lost.
//
// Fed by trainer.h; the files of metrics and TensorBoard are what it is for.

#include "bertforge/train/observer.h"
#include "interval_means.h"

namespace bertforge {

class IntervalObserver : public TrainingObserver {
 public:
  // An interval of no length: none is written.
  explicit IntervalObserver(const Duration& length) : length_(length) {}

  void on_step(TrainingView& view, const StepReport& report) final {
    interval_.add(report);
    if (is_due(length_, view.progress_before(), view.state().progress)) write_interval(view);
  }

  // A checkpoint may be saved next, which knows the updates so far.
  void on_evaluation(TrainingView& view, const EvaluationReport& report) final {
    write_interval(view);
    write(view, report);
  }

  // So that no update is missing however the run ends.
  void on_end(TrainingView& view) final { write_interval(view); }

 private:
  virtual void write(const TrainingView& view, const IntervalMeans& interval) = 0;
  virtual void write(const TrainingView& view, const EvaluationReport& report) = 0;

  void write_interval(const TrainingView& view) {
    if (length_.is_zero() || interval_.num_steps == 0) return;
    write(view, interval_);
    interval_ = {};
  }

  Duration length_;
  IntervalMeans interval_;
};

}  // namespace bertforge
