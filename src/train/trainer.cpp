#include "bertforge/train/trainer.h"

#include <torch/types.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "bertforge/base/error.h"
#include "bertforge/base/log.h"
#include "bertforge/base/random.h"
#include "bertforge/base/stop_signal.h"
#include "bertforge/train/gradients.h"

namespace bertforge {
namespace {

using Clock = std::chrono::steady_clock;

// So many updates skipped one after the other are no accident.
constexpr std::int64_t kMostSkippedInARow = 10;

bool is_finite(const StepReport& report) { return std::isfinite(report.loss) && std::isfinite(report.gradient_norm); }

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

Trainer::Trainer(BertForPreTraining& model, ParameterStore& store, Optimizer& optimizer,
                 const OptimizerConfig& optimizer_config, const TrainConfig& config, at::Device device,
                 TrainState state, ProcessGroup& group)
    : model_(model),
      store_(store),
      optimizer_(optimizer),
      optimizer_config_(optimizer_config),
      config_(config),
      device_(device),
      group_(group),
      exchange_(store, group),
      schedule_(find_schedule(config.schedule)),
      objectives_(make_objectives(config.objectives)),
      state_(std::move(state)),
      progress_before_(state_.progress) {
  if (config.precision == "float16") loss_scaler_.emplace(state_.loss_scaler);
}

void Trainer::record_to(ChromeTrace& trace) {
  trace_ = &trace;
  exchange_.record_to(&trace);
}

void Trainer::add_observer(std::unique_ptr<TrainingObserver> observer) { observers_.push_back(std::move(observer)); }

StopReason Trainer::run(BatchLoader& loader) {
  for (const auto& observer : observers_) observer->on_start(*this);
  for (const auto& observer : observers_) observer->on_ready(*this);
  agree(0);
  stop_reason_ = next_stop_reason();
  while (stop_reason_ == StopReason::kNone) {
    const auto started = Clock::now();
    const GlobalBatch batch = next_batch(loader);
    StepReport report = train_step(batch);
    report.seconds = seconds_since(started);
    report.seconds = agree(report.seconds);
    advance(batch, report);
    stop_reason_ = next_stop_reason();
    tell_observers(report);
    if (stop_reason_ == StopReason::kNone) stop_reason_ = next_stop_reason();  // An observer may have asked.
  }
  for (const auto& observer : observers_) observer->on_end(*this);
  return stop_reason_;
}

GlobalBatch Trainer::next_batch(BatchLoader& loader) const {
  const TraceSpan span(trace_, "compute", "wait for examples");
  return loader.next();
}

void Trainer::tell_observers(const StepReport& report) {
  const TraceSpan span(trace_, "compute", "observers");
  for (const auto& observer : observers_) observer->on_step(*this, report);
}

// Those of the whole global batch, all ranks' shares of it; the terms are of this rank's share.
std::vector<TermMetrics> Trainer::compute_gradients(const GlobalBatch& batch) {
  const std::uint64_t dropout_key =
      CounterRandom(static_cast<std::uint64_t>(config_.seed)).fork(RandomPurpose::kDropout, state_.progress.step).key();
  const PassSettings settings = {.dropout_key = dropout_key,
                                 .device = device_,
                                 .checkpoints_activations = config_.activation_checkpointing,
                                 .loss_scale = loss_scale(),
                                 .target_counts = group_.total(count_targets(objectives_, batch)),
                                 .exchange = &exchange_,
                                 .trace = trace_};
  const auto passes = [&](const GlobalBatch& parts) {
    store_.zero_gradients();
    return accumulate_gradients(model_, store_, objectives_, parts, settings);
  };
  std::vector<TermMetrics> terms = passes_.run(batch, passes, [&] {
    exchange_.cancel();
    model_->release_buffers();
  });
  exchange_.finish();
  return terms;
}

StepReport Trainer::train_step(const GlobalBatch& batch) {
  StepReport report;
  report.terms = compute_gradients(batch);
  for (const Batch& part : batch.micro_batches) {
    report.num_tokens += part.num_tokens();
    report.num_sequences += part.num_sequences();
  }
  sum_over_ranks(report.terms, group_, {&report.num_tokens, &report.num_sequences});
  for (const TermMetrics& term : report.terms) report.loss += term.loss();
  const double scale = loss_scale();
  report.gradient_norm = optimizer_.gradient_norm() / scale;
  report.learning_rate = learning_rate();
  report.is_skipped = !is_finite(report);
  const bool is_too_large_a_scale = is_scale_to_blame(report);
  if (report.is_skipped) {
    if (!is_too_large_a_scale) skip_or_fail(report);
    return report;
  }
  num_skipped_in_a_row_ = 0;
  const TraceSpan span(trace_, "compute", "update");
  optimizer_.update(state_.progress.step + 1, report.learning_rate,
                    clip_factor(report.gradient_norm, optimizer_config_.clip_norm) / scale);
  return report;
}

// Whether float16 ran over because the loss was scaled too much; the next scale follows from what this update came to.
bool Trainer::is_scale_to_blame(const StepReport& report) {
  if (!loss_scaler_) return false;
  const bool is_to_blame = report.is_skipped && std::isfinite(report.loss) && !loss_scaler_->is_spent();
  loss_scaler_->update(std::isfinite(report.gradient_norm));
  state_.loss_scaler = loss_scaler_->state();
  return is_to_blame;
}

void Trainer::skip_or_fail(const StepReport& report) {
  const std::string what =
      concat("step ", state_.progress.step + 1, ": loss ", report.loss, ", gradient norm ", report.gradient_norm,
             "; the weights are those before this update. Examples from epoch ", state_.data_position.epoch,
             ", position ", state_.data_position.example);
  const bool may_skip = config_.on_non_finite == "skip" && ++num_skipped_in_a_row_ < kMostSkippedInARow;
  if (may_skip) {
    if (group_.is_first()) log_warning(what, ". The update is skipped");  // All see the same.
    return;
  }
  fail(ErrorKind::kDiverged, what, num_skipped_in_a_row_ > 1 ? concat(". ", num_skipped_in_a_row_, " in a row") : "",
       ". A lower optimizer.learning_rate or a longer warm-up usually helps");
}

// What ranks see each for themselves becomes the same on all: a signal to one is a signal to all, and the time is rank 0's, which
// is returned.
double Trainer::agree(double seconds) {
  signal_ = stop_signal();
  if (group_.is_alone()) return seconds;
  constexpr std::size_t kMostSignals = 32, kSaves = kMostSignals, kSeconds = kMostSignals + 1;
  std::vector<double> told(kMostSignals + 2, 0);  // By signal how many ranks have it, and the two others
  told[static_cast<std::size_t>(signal_)] = 1;
  told[kSaves] = take_save_request() ? 1 : 0;
  told[kSeconds] = group_.is_first() ? seconds : 0;
  told = group_.total(told);
  if (told[kSaves] > 0 && group_.is_first()) request_save();  // It is rank 0 that saves.
  for (std::size_t signal = 1; signal < kMostSignals; ++signal) {
    if (told[signal] == 0) continue;
    signal_ = static_cast<int>(signal);
    request_stop(signal_);
    break;
  }
  return told[kSeconds];
}

void Trainer::advance(const GlobalBatch& batch, const StepReport& report) {
  progress_before_ = state_.progress;
  Progress& progress = state_.progress;
  progress.step += 1;
  progress.tokens += report.num_tokens;
  progress.examples += report.num_sequences;
  progress.seconds += report.seconds;
  progress.epoch = batch.epochs_done;
  state_.data_position = batch.next;
}

double Trainer::learning_rate() const {
  const double position = state_.progress.in(config_.duration.unit);
  return optimizer_config_.learning_rate * schedule_(position, config_.schedule_shape());
}

double Trainer::share_done() const {
  return std::min(1.0, state_.progress.in(config_.duration.unit) / config_.duration.amount);
}

StopReason Trainer::next_stop_reason() const {
  if (share_done() >= 1) return StopReason::kFinished;
  if (stop_asked_) return StopReason::kEarlyStopping;
  // A rank alone may stop at once; of several each waits for what they agree on after an update.
  if ((group_.is_alone() ? stop_signal() : signal_) != 0) return StopReason::kInterrupted;
  return StopReason::kNone;
}

void Trainer::publish(const EvaluationReport& report) {
  state_.evaluated = state_.progress;
  const double loss = report.terms.front().loss();
  if (!state_.best_loss || loss < *state_.best_loss) {
    state_.best_loss = loss;
    state_.best_step = state_.progress.step;
    state_.evaluations_since_best = 0;
  } else {
    ++state_.evaluations_since_best;
  }
  for (const auto& observer : observers_) observer->on_evaluation(*this, report);
}

}  // namespace bertforge
