#pragma once
// Observers: what happens around training besides training. Evaluation, console, metrics.jsonl, checkpoints, early stopping.
//
// Fed by trainer.h after each update, in the order they were added; a new one is a class here or in a room below, and a line
// where app/ puts them together.

#include <cstdint>
#include <vector>

#include "bertforge/train/metrics.h"
#include "bertforge/train/train_state.h"

namespace bertforge {

// What one update did. Losses are means over the targets of the global batch, in nats.
struct StepReport {
  std::vector<TermMetrics> terms;  // One an objective, in their order
  double loss = 0;                 // Sum of the terms' means
  double learning_rate = 0;
  double gradient_norm = 0;     // Before clipping
  std::int64_t num_tokens = 0;  // Of the global batch, without padding
  std::int64_t num_sequences = 0;
  double seconds = 0;       // Of this update, waiting for data included
  bool is_skipped = false;  // Loss or gradient was not finite, and the weights are as they were
};

enum class StopReason { kNone, kFinished, kInterrupted, kEarlyStopping };

// What an observer may read of a training under way, and what it may ask for.
class TrainingView {
 public:
  virtual ~TrainingView() = default;
  virtual const TrainState& state() const = 0;
  virtual const Progress& progress_before() const = 0;       // Before the last update
  virtual double share_done() const = 0;                     // Of the budget, in [0, 1]
  virtual StopReason stop_reason() const = 0;                // Other than kNone: the last update was made
  virtual void ask_stop() = 0;                               // Stop after this update, reason kEarlyStopping
  virtual void publish(const EvaluationReport& report) = 0;  // Notes the best, tells all observers
};

class TrainingObserver {
 public:
  virtual ~TrainingObserver() = default;
  virtual void on_start(TrainingView&) {}
  virtual void on_ready(TrainingView&) {}  // All have started: what an earlier session left owing
  virtual void on_step(TrainingView&, const StepReport&) {}
  virtual void on_evaluation(TrainingView&, const EvaluationReport&) {}
  virtual void on_end(TrainingView&) {}
};

}  // namespace bertforge
