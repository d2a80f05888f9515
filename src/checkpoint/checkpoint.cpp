#include "bertforge/checkpoint/checkpoint.h"

#include <algorithm>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/checkpoint/paths.h"
#include "bertforge/checkpoint/run_checkpoints.h"
#include "bertforge/checkpoint/state_file.h"
#include "bertforge/huggingface/config_json.h"
#include "bertforge/huggingface/folder.h"
#include "bertforge/huggingface/tensor_file.h"

namespace bertforge {
namespace {

namespace fs = std::filesystem;

// Every moment of every parameter: "exp_avg/bert.pooler.dense.bias".
std::vector<NamedTensor> optimizer_tensors(const CheckpointParts& parts) {
  std::vector<NamedTensor> tensors;
  for (const OptimizerSlot& slot : parts.optimizer.slots()) {
    for (NamedTensor& part : named_parts(parts.store, slot.values, slot.name + "/")) tensors.push_back(std::move(part));
  }
  return tensors;
}

void require_same_architecture(const fs::path& folder, const BertConfig& expected) {
  const fs::path file = folder / model_files::kConfig;
  if (const auto difference = architecture_difference(read_config_json(file), expected)) {
    fail(ErrorKind::kUsage, file.string(), ": the checkpoint is of another model than this run's: ", *difference,
         "; name another --output, or set [model] and vocabulary as they were");
  }
}

void require_same_data(const fs::path& folder, const TrainState& saved, const TrainState& fresh) {
  if (saved.tokenizer_fingerprint != fresh.tokenizer_fingerprint) {
    fail(ErrorKind::kUsage, folder.string(), ": the checkpoint was trained with another tokenizer (",
         saved.tokenizer_fingerprint, ") than this run's (", fresh.tokenizer_fingerprint,
         "): the text or the settings that a vocabulary is learned from have changed; name another --output");
  }
  if (saved.dataset_hash != fresh.dataset_hash) {
    fail(ErrorKind::kUsage, folder.string(), ": the checkpoint was trained on another dataset (", saved.dataset_hash,
         ") than this run's (", fresh.dataset_hash, "); run.init_from continues from its weights alone");
  }
}

// The tensors of a checkpoint are ours: float32, these and no others.
void require_tensors(const SafetensorsFile& file, const std::vector<NamedTensor>& expected) {
  for (const auto& [name, values] : expected) {
    const TensorView& tensor = file.get(name);
    require_shape(file, tensor, values.sizes().vec());
    if (tensor.dtype != DType::F32) {
      fail(ErrorKind::kInput, file.path().string(), ": tensor \"", name, "\" is ", dtype_name(tensor.dtype),
           "; training goes on from F32 only");
    }
  }
  if (file.tensors().size() != expected.size()) {
    fail(ErrorKind::kInput, file.path().string(), ": ", file.tensors().size(), " tensors; this model has ",
         expected.size());
  }
}

// With an average of the weights the model is that, and the weights themselves stand beside the moments.
void require_same_averaging(const SafetensorsFile& moments, const Optimizer& optimizer) {
  const bool has_weights = std::ranges::any_of(moments.tensors(), [](const TensorView& tensor) {
    return tensor.name.starts_with(std::string(kWeightsSlot) + "/");
  });
  if (has_weights == optimizer.keeps_average()) return;
  fail(ErrorKind::kUsage, moments.path().string(), ": the checkpoint ",
       has_weights ? "keeps an average of the weights, and optimizer.average_decay is 0"
                   : "keeps no average of the weights, and optimizer.average_decay is not 0",
       "; go on with the setting it was made with, or begin from its weights with run.init_from");
}

void copy_tensors(const SafetensorsFile& file, const std::vector<NamedTensor>& destinations) {
  for (const auto& [name, values] : destinations) copy_values(file.get(name), values);
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directory(folder, error);
  if (error) fail(ErrorKind::kEnvironment, folder.string(), " cannot be made: ", error.message());
}

}  // namespace

fs::path save_checkpoint(const fs::path& run_folder, const CheckpointParts& parts, const TrainState& state) {
  const fs::path folder = RunPaths{run_folder}.checkpoint(state.progress.step);
  StagedFolder staged(folder, /*replace=*/true);
  const AveragedWeights averaged(
      parts.optimizer);  // The model; the weights that training goes on from are a slot then.
  const CheckpointPaths paths{staged.path()};
  write_model(paths.root, parts.config, parts.store, parts.tokenizer, parts.max_length);
  make_folder(paths.trainer());
  write_tensor_file(paths.optimizer(), optimizer_tensors(parts));
  write_state_file(paths.root, state);
  staged.publish();
  set_latest(run_folder, folder);
  return folder;
}

TrainState load_checkpoint(const fs::path& folder, const CheckpointParts& parts, const TrainState& fresh) {
  const TrainState state = read_state_file(folder);
  verify_files(folder);
  require_same_architecture(folder, parts.config);
  require_same_data(folder, state, fresh);
  const SafetensorsFile weights(folder / model_files::kWeights), moments(CheckpointPaths{folder}.optimizer());
  require_same_averaging(moments, parts.optimizer);
  const auto weight_parts = named_parts(parts.store, parts.store.weights()), moment_parts = optimizer_tensors(parts);
  require_tensors(weights, weight_parts);
  require_tensors(moments, moment_parts);

  const AveragedWeights averaged(parts.optimizer);  // As they were saved.
  copy_tensors(weights, weight_parts);
  copy_tensors(moments, moment_parts);
  parts.store.refresh_modules();
  return state;
}

}  // namespace bertforge
