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
#include "bertforge/app/prepare.h"
#include "bertforge/app/run_folder.h"
#include "bertforge/base/error.h"
#include "bertforge/base/figure_text.h"
#include "bertforge/base/files.h"
#include "bertforge/base/log.h"
#include "bertforge/base/stop_signal.h"
#include "bertforge/checkpoint/checkpoint.h"
#include "bertforge/checkpoint/checkpoint_observer.h"
#include "bertforge/checkpoint/run_checkpoints.h"
#include "bertforge/huggingface/config_json.h"
#include "bertforge/huggingface/folder.h"
#include "bertforge/model/device.h"
#include "bertforge/train/observers.h"
#include "bertforge/train/trainer.h"
#include "report_observer.h"
#include "start_up.h"

namespace bertforge {
namespace {

namespace fs = std::filesystem;

// The weights of run.init_from, under this run's dropout.
void copy_weights(const RunConfig& config, const Tokenizer& tokenizer, BertForPreTraining& model) {
  const fs::path folder = resolve_checkpoint(config.run.init_from);  // A run stands for its best.
  LoadedModel loaded = load_model(folder, static_cast<std::uint64_t>(config.train.seed));
  if (const auto difference = architecture_difference(loaded.config, config.model)) {
    fail(ErrorKind::kUsage, config.run.init_from, ": ", *difference, "; [model] must be that of run.init_from");
  }
  warn_of_new_heads(loaded, folder);
  const std::string theirs = load_model_tokenizer(folder, loaded.config)->fingerprint();
  if (theirs != tokenizer.fingerprint()) {
    fail(ErrorKind::kUsage, config.run.init_from, ": its tokenizer (", theirs, ") is not this run's (",
         tokenizer.fingerprint(), "), so the same ids mean other pieces; set vocab.tokenizer to ",
         config.run.init_from);
  }
  const torch::NoGradGuard no_grad;
  const auto source = loaded.model->named_parameters();
  for (auto& parameter : model->named_parameters()) parameter.value().copy_(source[parameter.key()]);
}

// The data; [model] then has the tokenizer's vocabulary.
PreparedData prepare_and_fit(RunConfig& config) {
  PreparedData data = prepare_data(config);
  config.model.vocab_size = data.tokenizer->vocabulary_size();
  config.model.pad_token_id = data.tokenizer->special_tokens().pad;
  config.model.validate();
  return data;
}

// config.toml says what was used; what this machine cannot do is told before any data is made.
RunConfig with_precision(RunConfig config) {
  resolve_kernels(config.train.kernels);
  config.train.precision = to_string(resolve_precision(config.train.precision, resolve_device(config.run.device)));
  return config;
}

// All that a run is made of. Its constructor reads and checks; only prepared/ gains what is missing there.
struct Run {
  Run(RunConfig settings, RunStart from)
      : config(with_precision(std::move(settings))),
        start(std::move(from)),
        device(resolve_device(config.run.device)),
        data(prepare_and_fit(config)),
        model(make_model()),
        store(*model, device, resolve_precision(config.train.precision, device)),
        optimizer(make_optimizer(store, config.optimizer)) {
    model->choose_kernels(config.train.kernels, &store);
    optimizer->choose_kernels(model->kernels().table());
    state.dataset_hash = data.train->meta().content_hash;
    state.tokenizer_fingerprint = data.tokenizer->fingerprint();
    if (start.checkpoint) state = load_checkpoint(*start.checkpoint, parts(), state);
  }

  BertForPreTraining make_model() const {
    BertForPreTraining fresh(config.model);
    initialize_weights(fresh, static_cast<std::uint64_t>(config.train.seed));
    if (!config.run.init_from.empty() && !start.checkpoint) copy_weights(config, *data.tokenizer, fresh);
    return fresh;
  }
  bool is_complete() const {
    const Duration& duration = config.train.duration;
    return start.checkpoint && state.progress.in(duration.unit) >= duration.amount;
  }
  // Complete, and its last evaluation was made.
  bool is_over() const { return is_complete() && (!data.valid || state.evaluated.step == state.progress.step); }

  CheckpointParts parts() {
    return {config.model, store, *optimizer, *data.tokenizer, config.data.pairing.max_seq_length};
  }
  BatchLoader loader() const { return {*data.train, *data.tokenizer, config.loader(), state.data_position}; }
  Trainer trainer() { return {model, store, *optimizer, config.optimizer, config.train, device, state}; }

  RunConfig config;
  RunStart start;
  at::Device device;
  PreparedData data;
  BertForPreTraining model;
  ParameterStore store;
  std::unique_ptr<Optimizer> optimizer;
  TrainState state;
};

void log_start(const Run& run) {
  log_start_up(run.config, run.data, run.store, run.device, run.model->kernels().name());
  if (run.start.checkpoint) {
    const bool is_complete = run.is_complete();
    log_info(is_complete ? "the run is complete at " : "resuming from ", run.start.checkpoint->string(), ", step ",
             run.state.progress.step, is_complete ? "; a longer train.duration continues it" : "");
  }
}

// What updates came to. They go before the evaluation: it may have a checkpoint saved, and a process that dies there goes on from
// it, so what the checkpoint knows must be written by then.
void add_figure_observers(Trainer& trainer, const Run& run) {
  const RunPaths& paths = run.start.paths;
  trainer.add_observer(make_metrics_observer(run.config.train, paths.metrics_jsonl()));
  trainer.add_observer(make_tensorboard_observer(run.config.train, paths.tensorboard()));
}

// Those that write nothing. Evaluation comes first, so that the others see a step's evaluation.
void add_reading_observers(Trainer& trainer, Run& run) {
  const RunConfig& config = run.config;
  if (run.data.valid) {
    const EvaluationData evaluation = {*run.data.valid, &*run.data.train, *run.data.tokenizer};
    trainer.add_observer(
        make_evaluation_observer(run.model, *run.optimizer,
                                 make_evaluator(evaluation, config.evaluation_loader(), config.train.objectives,
                                                config.train.evaluate_examples, kEvaluationSeed, run.device),
                                 config.train));
    if (config.train.patience > 0) trainer.add_observer(make_early_stopping_observer(config.train));
  }
  trainer.add_observer(make_console_observer(config.train));
}

// What the model says of a few held-out sentences over time.
void add_prediction_observer(Trainer& trainer, Run& run) {
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
void add_writing_observers(Trainer& trainer, Run& run) {
  const RunPaths& paths = run.start.paths;
  add_prediction_observer(trainer, run);
  trainer.add_observer(make_report_observer(paths));
  trainer.add_observer(make_checkpoint_observer(paths.root, run.parts(), run.config.train));
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
StopReason run_and_note_end(Trainer& trainer, BatchLoader& loader, const Run& run) {
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
    const std::string text = error.what();
    note(is_out_of_memory(error) ? "out of memory" : text.substr(0, text.find('\n')));
    throw;
  }
}

int summarize(StopReason reason, const TrainState& state, const RunPaths& paths) {
  const Progress& progress = state.progress;
  const double speed = progress.seconds > 0 ? static_cast<double>(progress.tokens) / progress.seconds : 0;
  log_info(grouped_text(progress.step), " updates, ", grouped_text(progress.tokens), " tokens in ",
           std::llround(progress.seconds), " s of training, ", grouped_text(std::llround(speed)), " tokens/s");
  if (reason == StopReason::kInterrupted) {
    log_info("interrupted and saved; to go on: bertforge pretrain --config ", paths.config_toml().string());
    return 128 + stop_signal();
  }
  if (state.best_loss) log_info("best held-out loss: ", fixed_text(*state.best_loss, 4), " at step ", state.best_step);
  log_info("model: ", (path_exists(paths.best()) ? paths.best() : paths.latest()).string());
  return 0;
}

// Three updates more, of full size, and one evaluation.
void shorten(Run& run) {
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

int dry_run(Run& run) {
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

}  // namespace

int pretrain(RunConfig config, const PretrainOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);  // A closed log must not end a training.
  std::optional<StopNotice> notice(std::in_place, notice_before_training(config, options.dry_run));
  install_stop_signals();
  if (config.run.threads > 0) at::set_num_threads(static_cast<int>(config.run.threads));
  const fs::path folder = config.run.output;
  if (options.dry_run) {
    Run run(std::move(config), choose_start(folder, options.resume));
    return dry_run(run);
  }

  RunLock lock(folder);
  Run run(std::move(config), choose_start(folder, options.resume));
  if (run.is_over()) {  // Its files stay what they are: other settings were not used.
    log_start(run);
    return summarize(StopReason::kFinished, run.state, run.start.paths);
  }
  BatchLoader loader = run.loader();
  Trainer trainer = run.trainer();
  add_figure_observers(trainer, run);
  add_reading_observers(trainer, run);
  add_writing_observers(trainer, run);

  notice.reset();  // From now on there is something to save.
  lock.make_folder();
  open_run_folder(run.start, run.config, options.command, run.state.progress.step);
  const StopReason reason = run_and_note_end(trainer, loader, run);
  return summarize(reason, trainer.state(), run.start.paths);
}

}  // namespace bertforge
