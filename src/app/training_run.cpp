#include "training_run.h"

#include <ATen/Parallel.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <utility>

#include "bertforge/base/error.h"
#include "bertforge/checkpoint/run_checkpoints.h"
#include "bertforge/checkpoint/state_file.h"
#include "bertforge/huggingface/config_json.h"
#include "bertforge/huggingface/folder.h"
#include "bertforge/model/device.h"

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
PreparedData prepare_and_fit(RunConfig& config, const Rank& rank) {
  PreparedData data = prepare_in_turn(config, rank);
  config.model.vocab_size = data.tokenizer->vocabulary_size();
  config.model.pad_token_id = data.tokenizer->special_tokens().pad;
  config.model.validate();
  return data;
}

// config.toml says what was used; what this machine cannot do is told before any data is made.
RunConfig with_precision(RunConfig config, at::Device device) {
  resolve_kernels(config.train.kernels);
  set_float32_matmul(config.train.float32_matmul, device);
  config.train.precision = to_string(resolve_precision(config.train.precision, device));
  return config;
}

}  // namespace

TrainingRun::TrainingRun(RunConfig settings, RunStart from, const Rank& rank)
    : group(rank.group),
      config(with_precision(std::move(settings), rank.device)),
      start(std::move(from)),
      device(rank.device),
      data(prepare_and_fit(config, rank)),
      model(make_model()),
      store(*model, device, resolve_precision(config.train.precision, device)),
      optimizer(make_optimizer(store, config.optimizer)) {
  model->choose_kernels(config.train.kernels, &store);
  optimizer->choose_kernels(model->kernels().table());
  state.dataset_hash = data.train->meta().content_hash;
  state.tokenizer_fingerprint = data.tokenizer->fingerprint();
  require_equal_ranks(group, config, facts());
  if (config.optimizer.shard_state && !group.is_alone()) optimizer->shard_over(group);
  if (start.checkpoint && group.is_first()) state = load_checkpoint(*start.checkpoint, parts(), state);
  share_state();
}

BertForPreTraining TrainingRun::make_model() const {
  BertForPreTraining fresh(config.model);
  initialize_weights(fresh, static_cast<std::uint64_t>(config.train.seed));
  if (!config.run.init_from.empty() && !start.checkpoint) copy_weights(config, *data.tokenizer, fresh);
  return fresh;
}

// What the ranks' calls and bits hang on besides the settings.
Facts TrainingRun::facts() const {
  const std::string kernels = model->kernels().name();
  Facts facts = {{"training data of hash", state.dataset_hash},
                 {"held-out data of hash", data.valid ? data.valid->meta().content_hash : "none"},
                 {"a tokenizer of fingerprint", state.tokenizer_fingerprint},
                 {"the device", c10::DeviceTypeName(device.type(), /*lower_case=*/true)},
                 {"the kernels", kernels}};
  // Sums of the plain path are cut by threads.
  if (kernels == "plain") facts.emplace_back("threads", std::to_string(at::get_num_threads()));
  return facts;
}

void TrainingRun::share_state() {
  if (group.is_alone()) return;
  state = parse_state(group.told_by_first(state_text(state)));
  group.copy(store.weights(), /*from=*/0);
  if (optimizer->is_sharded()) {
    optimizer->scatter_slots();
  } else {
    for (const OptimizerSlot& slot : optimizer->slots()) group.copy(slot.values, /*from=*/0);
  }
  store.refresh_modules();
}

bool TrainingRun::is_complete() const {
  const Duration& duration = config.train.duration;
  return start.checkpoint && state.progress.in(duration.unit) >= duration.amount;
}

BatchLoader TrainingRun::loader() const {
  LoaderConfig share = config.loader();
  share.rank = group.rank();
  share.num_ranks = group.num_ranks();
  return {*data.train, *data.tokenizer, share, state.data_position};
}

}  // namespace bertforge
