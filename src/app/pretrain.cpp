#include "bertforge/app/pretrain.h"

#include <ATen/Parallel.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <exception>
#include <optional>
#include <utility>

#include "bertforge/app/evaluation.h"
#include "bertforge/base/error.h"
#include "bertforge/base/figure_text.h"
#include "bertforge/base/files.h"
#include "bertforge/base/log.h"
#include "bertforge/base/stop_signal.h"
#include "bertforge/checkpoint/checkpoint_observer.h"
#include "bertforge/checkpoint/run_checkpoints.h"
#include "bertforge/model/device.h"
#include "bertforge/train/observers.h"
#include "rank.h"
#include "report_observer.h"
#include "start_up.h"
#include "training_run.h"

namespace bertforge {
namespace {

namespace fs = std::filesystem;

void log_start(const TrainingRun& run) {
  if (!run.group.is_first()) return;
  log_start_up(run);
  if (run.start.checkpoint) {
    const bool is_complete = run.is_complete();
    log_info(is_complete ? "the run is complete at " : "resuming from ", run.start.checkpoint->string(), ", step ",
             run.state.progress.step, is_complete ? "; a longer train.duration continues it" : "");
  }
}

// What updates came to. They go before the evaluation: it may have a checkpoint saved, and a process that dies there goes on from
// it, so what the checkpoint knows must be written by then.
void add_figure_observers(Trainer& trainer, const TrainingRun& run) {
  const RunPaths& paths = run.start.paths;
  trainer.add_observer(make_metrics_observer(run.config.train, paths.metrics_jsonl()));
  trainer.add_observer(make_tensorboard_observer(run.config.train, paths.tensorboard()));
}

// Those that write nothing. Evaluation comes first, so that the others see a step's evaluation.
void add_reading_observers(Trainer& trainer, TrainingRun& run) {
  const RunConfig& config = run.config;
  if (run.data.valid) {
    const EvaluationData evaluation = {*run.data.valid, &*run.data.train, *run.data.tokenizer};
    trainer.add_observer(
        make_evaluation_observer(run.model, *run.optimizer,
                                 make_evaluator(evaluation, config.evaluation_loader(), config.train.objectives,
                                                config.train.evaluate_examples, kEvaluationSeed, run.device, run.group),
                                 config.train));
    if (config.train.patience > 0) trainer.add_observer(make_early_stopping_observer(config.train));
  }
  if (run.group.is_first()) trainer.add_observer(make_console_observer(config.train));
}

// What the model says of a few held-out sentences over time.
void add_prediction_observer(Trainer& trainer, TrainingRun& run) {
  const std::vector<std::string>& objectives = run.config.train.objectives;
  const bool predicts = std::ranges::find(objectives, "masked_lm") != objectives.end();
  if (!run.data.valid || !predicts) return;
  const Tokenizer& tokenizer = *run.data.tokenizer;
  const std::vector<Batch> examples = make_evaluation_batches(
      *run.data.valid, tokenizer, run.config.evaluation_loader(), kNumSampleCandidates, kEvaluationSeed);
  std::vector<SampleSentence> sentences = choose_sample_sentences(examples, tokenizer);
  if (sentences.empty()) return;
  trainer.add_observer(make_prediction_observer(run.model, *run.optimizer, tokenizer, std::move(sentences),
                                                run.start.paths.predictions_jsonl()));
}

// The report shows what the others wrote; the checkpoint comes last and knows it all.
void add_writing_observers(Trainer& trainer, TrainingRun& run) {
  const RunPaths& paths = run.start.paths;
  add_prediction_observer(trainer, run);
  trainer.add_observer(make_report_observer(paths));
  trainer.add_observer(make_checkpoint_observer(paths.root, run.parts(), run.config.train, run.group));
}

// Divergence is told with the checkpoint that one can go back to.
StopReason run_and_explain(Trainer& trainer, BatchLoader& loader, const RunPaths& paths) {
  try {
    return trainer.run(loader);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kDiverged) throw;
    const auto good = latest_checkpoint(paths.root);
    fail(ErrorKind::kDiverged, error.what(),
         good ? concat("; the last good checkpoint is ", good->string()) : std::string("; there is no checkpoint yet"));
  }
}

// A folder that somebody moved or removed is no fault of the settings.
StopReason run_in_folder(Trainer& trainer, BatchLoader& loader, const RunPaths& paths) {
  try {
    return run_and_explain(trainer, loader, paths);
  } catch (const Error& error) {
    if (folder_exists(paths.root)) throw;
    fail(ErrorKind::kEnvironment, paths.root.string(), " has gone while the run was writing to it: ", error.what());
  }
}

std::string signal_name(int signal) {
  return signal == SIGINT ? "SIGINT" : signal == SIGTERM ? "SIGTERM" : signal == SIGHUP ? "SIGHUP" : "a signal";
}

std::string reason_text(StopReason reason) {
  if (reason == StopReason::kInterrupted) return "interrupted by " + signal_name(stop_signal());
  return reason == StopReason::kEarlyStopping ? "stopped early by train.patience" : "complete";
}

// run.json says of each session how it ended; of one that was killed, nothing.
StopReason run_and_note_end(Trainer& trainer, BatchLoader& loader, const TrainingRun& run) {
  const RunPaths& paths = run.start.paths;
  const auto note = [&](const std::string& reason) {
    note_session_end(paths, {trainer.state().progress.step, reason});
  };
  try {
    log_start(run);
    const StopReason reason = run_in_folder(trainer, loader, paths);
    note(reason_text(reason));
    return reason;
  } catch (const std::exception& error) {
    note(is_out_of_memory(error) ? "out of memory" : first_line(error.what()));
    throw;
  }
}

int summarize(StopReason reason, const TrainState& state, const TrainingRun& run) {
  const RunPaths& paths = run.start.paths;
  const Progress& progress = state.progress;
  const double speed = progress.seconds > 0 ? static_cast<double>(progress.tokens) / progress.seconds : 0;
  log_info(grouped_text(progress.step), " updates, ", grouped_text(progress.tokens), " tokens in ",
           std::llround(progress.seconds), " s of training, ", grouped_text(std::llround(speed)), " tokens/s");
  if (reason == StopReason::kInterrupted) {
    log_info("interrupted and saved; to go on: bertforge pretrain --config ", paths.config_toml().string(),
             run.group.is_alone() ? "" : ", started as before, on any number of ranks");
    return 128 + stop_signal();
  }
  if (state.best_loss) log_info("best held-out loss: ", fixed_text(*state.best_loss, 4), " at step ", state.best_step);
  log_info("model: ", (path_exists(paths.best()) ? paths.best() : paths.latest()).string());
  return 0;
}

// Three updates more, of full size, and one evaluation.
void shorten(TrainingRun& run) {
  run.config.train.duration = Duration::steps(static_cast<double>(run.state.progress.step + 3));
  run.config.train.warmup = {};
  run.config.train.warmup_share = 0;
  run.config.train.initial_batch_size = 0;
  run.config.train.batch_ramp = {};
}

struct Pace {
  double seconds = 0;
  Progress before, after;
};

// Keeps the last update: the first ones are slower, and tell less of those to come.
struct PaceObserver : TrainingObserver {
  explicit PaceObserver(Pace& pace) : pace(pace) {}
  void on_step(TrainingView& view, const StepReport& report) override {
    pace = {report.seconds, view.progress_before(), view.state().progress};
  }
  Pace& pace;
};

// What the rest of the run would take at that pace.
std::string estimate(const Pace& pace, const Duration& budget) {
  const double before = pace.before.in(budget.unit), after = pace.after.in(budget.unit);
  const double rest = std::max(0.0, budget.amount - before) / (after - before) * pace.seconds;
  return concat("an update takes ", std::llround(1e3 * pace.seconds), " ms; ", to_string(budget), " would take about ",
                clock_text(rest), ", evaluations and checkpoints not counted");
}

int dry_run(TrainingRun& run) {
  const Duration budget = run.config.train.duration;
  Pace pace;
  log_start(run);  // Of the run that is asked for.
  shorten(run);
  BatchLoader loader = run.loader();
  Trainer trainer = run.trainer();
  add_reading_observers(trainer, run);
  trainer.add_observer(std::make_unique<PaceObserver>(pace));
  run_and_explain(trainer, loader, run.start.paths);
  log_info(estimate(pace, budget));
  std::string made;
  for (const fs::path& folder : run.data.made) made += "\n  " + folder.string();
  log_info("dry run: all is there; ", made.empty() ? "nothing was written" : "kept for the run to come:", made);
  return 0;
}

// What a signal is answered with while there is nothing to save.
std::string notice_before_training(const RunConfig& config, bool is_dry_run) {
  const std::string kept = concat("what is complete in ", prepared_folder(config).string(), " is kept");
  if (is_dry_run) return concat("interrupted: a dry run writes no run, and ", kept);
  return concat("interrupted before the first update of this session: nothing was written to ", config.run.output,
                ", and ", kept, "; the same command goes on from there");
}

// --profile: what updates spend their time on, written when the session ends, whatever ended it.
class SessionTrace {
 public:
  SessionTrace(const std::string& file, const ProcessGroup& group)
      : file_(file.empty() || group.is_first() ? file : concat(file, ".rank", group.rank())),
        trace_(group.rank(), concat("rank ", group.rank())) {}
  ~SessionTrace() {
    if (file_.empty()) return;
    try {
      trace_.write(file_);
      log_info("profile: ", file_);
    } catch (const std::exception& error) {  // No loss that a training would end for.
      log_warning("no profile was written: ", error.what());
    }
  }
  void record(Trainer& trainer) {
    if (!file_.empty()) trainer.record_to(trace_);
  }
  SessionTrace(const SessionTrace&) = delete;
  SessionTrace& operator=(const SessionTrace&) = delete;

 private:
  const std::string file_;
  ChromeTrace trace_;
};

void require_place_for_profile(const std::string& file) {
  if (file.empty()) return;
  const fs::path folder = fs::absolute(file).parent_path();
  if (!folder_exists(folder)) fail(ErrorKind::kUsage, "--profile ", file, ": there is no folder ", folder.string());
  if (folder_exists(file)) fail(ErrorKind::kUsage, "--profile ", file, " is a folder; the name of a file is expected");
}

// `notice` goes when there is something to save.
int pretrain_as(const Rank& rank, RunConfig config, const PretrainOptions& options, std::optional<StopNotice>& notice) {
  const fs::path folder = config.run.output;
  std::optional<RunLock> lock;
  if (rank.group.is_first() && !options.dry_run) lock.emplace(folder);
  RunStart start = choose_start_together(config, options.resume, rank.group);
  TrainingRun run(std::move(config), std::move(start), rank);
  if (options.dry_run) return dry_run(run);
  if (run.is_over()) {  // Its files stay what they are: other settings were not used.
    log_start(run);
    return summarize(StopReason::kFinished, run.state, run);
  }
  SessionTrace trace(options.profile, rank.group);
  BatchLoader loader = run.loader();
  Trainer trainer = run.trainer();
  trace.record(trainer);
  if (rank.group.is_first()) add_figure_observers(trainer, run);
  add_reading_observers(trainer, run);
  if (rank.group.is_first()) {
    add_writing_observers(trainer, run);
  } else if (run.optimizer->is_sharded()) {
    trainer.add_observer(make_share_observer(*run.optimizer, rank.group));
  }

  notice.reset();  // From now on there is something to save.
  if (!rank.group.is_first()) return summarize(trainer.run(loader), trainer.state(), run);
  lock->make_folder();
  open_run_folder(run.start, run.config, {options.command, run.state.progress.step, run.group.num_ranks()});
  const StopReason reason = run_and_note_end(trainer, loader, run);
  return summarize(reason, trainer.state(), run);
}

}  // namespace

int pretrain(RunConfig config, const PretrainOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);  // A closed log must not end a training.
  std::optional<StopNotice> notice(std::in_place, notice_before_training(config, options.dry_run));
  install_stop_signals();
  require_place_for_profile(options.profile);
  const std::optional<Job> job = find_job();
  const at::Device device = device_of(config, job);
  if (const int threads = threads_of(config, job); threads > 0) at::set_num_threads(threads);
  const auto others = join_others(job, config, device);
  const Rank rank = {job, others ? *others : solo_group(), device};
  if (!rank.group.is_first()) raise_log_level(LogLevel::kWarning);  // Rank 0 speaks for all.
  return run_as_rank(rank.group, [&] { return pretrain_as(rank, std::move(config), options, notice); });
}

}  // namespace bertforge
