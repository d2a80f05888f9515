#include "bertforge/app/pretrain.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <csignal>

#include "bertforge/app/evaluation.h"
#include "bertforge/app/prepare.h"
#include "bertforge/app/run_folder.h"
#include "bertforge/base/error.h"
#include "bertforge/base/log.h"
#include "bertforge/base/stop_signal.h"
#include "bertforge/checkpoint/checkpoint.h"
#include "bertforge/checkpoint/checkpoint_observer.h"
#include "bertforge/checkpoint/run_checkpoints.h"
#include "bertforge/huggingface/config_json.h"
#include "bertforge/huggingface/folder.h"
#include "bertforge/train/observers.h"
#include "bertforge/train/trainer.h"
#include "start_up.h"

namespace bertforge {
namespace {

namespace fs = std::filesystem;

// The weights of run.init_from, under this run's dropout.
void copy_weights(const RunConfig& config, BertForPreTraining& model) {
  LoadedModel loaded = load_model(config.run.init_from, static_cast<std::uint64_t>(config.train.seed));
  if (const auto difference = architecture_difference(loaded.config, config.model)) {
    fail(ErrorKind::kUsage, config.run.init_from, ": ", *difference, "; [model] must be that of run.init_from");
  }
  const torch::NoGradGuard no_grad;
  const auto source = loaded.model->named_parameters();
  for (auto& parameter : model->named_parameters()) parameter.value().copy_(source[parameter.key()]);
}

BertForPreTraining make_model(const RunConfig& config) {
  BertForPreTraining model(config.model);
  initialize_weights(model, static_cast<std::uint64_t>(config.train.seed));
  if (!config.run.init_from.empty()) copy_weights(config, model);
  return model;
}

// Evaluation comes first, so that the others see a step's evaluation; the checkpoint comes last and knows it all.
void add_observers(Trainer& trainer, BertForPreTraining& model, const RunConfig& config, const PreparedData& data,
                   at::Device device, const RunPaths& paths, const CheckpointParts& parts, bool dry_run) {
  if (data.valid) {
    const EvaluationData evaluation = {*data.valid, &*data.train, *data.tokenizer};
    trainer.add_observer(
        make_evaluation_observer(model,
                                 make_evaluator(evaluation, config.loader(), config.train.objectives,
                                                config.train.evaluate_examples, kEvaluationSeed, device),
                                 config.train));
  }
  trainer.add_observer(make_console_observer(config.train));
  if (dry_run) return;
  trainer.add_observer(make_metrics_observer(config.train, paths.metrics_jsonl()));
  trainer.add_observer(make_checkpoint_observer(paths.root, parts, config.train));
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

int summarize(StopReason reason, const TrainState& state, const RunPaths& paths) {
  const Progress& progress = state.progress;
  const double speed = progress.seconds > 0 ? static_cast<double>(progress.tokens) / progress.seconds : 0;
  log_info(grouped(progress.step), " updates, ", grouped(progress.tokens), " tokens in ",
           std::llround(progress.seconds), " s of training, ", grouped(std::llround(speed)), " tokens/s");
  if (reason == StopReason::kInterrupted) {
    log_info("interrupted and saved; to go on: bertforge pretrain --config ", paths.config_toml().string());
    return 128 + stop_signal();
  }
  if (state.best_masked_lm_loss)
    log_info("best masked_lm loss held out: ", *state.best_masked_lm_loss, " at step ", state.best_step);
  log_info("model: ", (fs::exists(paths.best()) ? paths.best() : paths.latest()).string());
  return 0;
}

// One update and one evaluation.
TrainConfig shortened(TrainConfig config) {
  config.duration = Duration::steps(1);
  config.warmup = {};
  config.warmup_share = 0;
  return config;
}

}  // namespace

int pretrain(RunConfig config, const PretrainOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);  // A closed log must not end a training.
  if (config.run.threads > 0) at::set_num_threads(static_cast<int>(config.run.threads));
  const at::Device device = resolve_device(config.run.device);
  const RunStart start = choose_start(config.run.output, options.resume);

  const PreparedData data = prepare_data(config);
  config.model.vocab_size = data.tokenizer->vocabulary_size();
  config.model.pad_token_id = data.tokenizer->special_tokens().pad;
  config.model.validate();
  if (options.dry_run) config.train = shortened(config.train);

  BertForPreTraining model = make_model(config);
  ParameterStore store(*model, device, parse_precision(config.train.precision));
  AdamW optimizer(store, config.optimizer);
  const CheckpointParts parts = {config.model, store, optimizer, *data.tokenizer, config.data.pairing.max_seq_length};

  TrainState state;
  state.dataset_hash = data.train->meta().content_hash;
  state.tokenizer_fingerprint = data.tokenizer->fingerprint();
  if (start.checkpoint && !options.dry_run) state = load_checkpoint(*start.checkpoint, parts, state);
  if (!options.dry_run) open_run_folder(start, config, options.command);
  log_start_up(config, data, store, device);
  if (start.checkpoint) log_info("resuming from ", start.checkpoint->string(), ", step ", state.progress.step);

  BatchLoader loader(*data.train, *data.tokenizer, config.loader(), state.data_position);
  Trainer trainer(model, store, optimizer, config.optimizer, config.train, device, state);
  add_observers(trainer, model, config, data, device, start.paths, parts, options.dry_run);
  install_stop_signals();
  const StopReason reason = run_and_explain(trainer, loader, start.paths);
  if (options.dry_run) {
    log_info("dry run: all is there, nothing was written");
    return 0;
  }
  return summarize(reason, trainer.state(), start.paths);
}

}  // namespace bertforge
