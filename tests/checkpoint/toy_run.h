#pragma once
// A toy model under training: weights, moments and state that no two steps have in common.

#include <torch/types.h>
#include <torch/utils.h>

#include <memory>

#include "bertforge/checkpoint/checkpoint.h"
#include "bertforge/checkpoint/run_checkpoints.h"
#include "bertforge/train/adamw.h"
#include "huggingface/toy_model.h"

namespace bertforge::testing {

struct ToyRun {
  explicit ToyRun(Precision precision = Precision::kFloat32, const BertConfig& config = toy_config(),
                  const OptimizerConfig& optimizer_config = {})
      : model(toy_model(config)), store(*model, torch::kCPU, precision), optimizer(store, optimizer_config) {
    state.dataset_hash = "d5";
    state.tokenizer_fingerprint = "f1";
  }

  CheckpointParts parts() { return {model->config, store, optimizer, *tokenizer, 13}; }

  // An update with gradients of the step's own.
  void update() {
    const torch::NoGradGuard no_grad;
    ++state.progress.step;
    for (const ParameterInfo& info : store.parameters()) {  // Not what lies between them: it has no gradient.
      const auto elements = torch::arange(info.offset, info.offset + info.size, torch::kFloat);
      const auto gradient = torch::sin(elements * static_cast<double>(state.progress.step));
      ParameterStore::view(store.gradients(), info).copy_(gradient.view(info.shape));
    }
    optimizer.update(state.progress.step, 1e-3);
    state.progress.epoch += 0.1;
    state.progress.tokens += 321;
    state.progress.examples += 7;
    state.progress.seconds += 1.0 / 3;
    state.data_position = {state.progress.step / 3, state.progress.step % 3, "", state.progress.examples + 5};
  }

  std::filesystem::path save(const std::filesystem::path& run_folder) {
    return save_checkpoint(run_folder, parts(), state);
  }

  BertForPreTraining model;
  ParameterStore store;
  AdamW optimizer;
  std::unique_ptr<Tokenizer> tokenizer = toy_tokenizer();
  TrainState state;
};

// Weights, modules' copy and moments, bit for bit.
inline bool are_equal(ToyRun& a, ToyRun& b) {
  if (!torch::equal(a.store.weights(), b.store.weights())) return false;
  for (std::size_t i = 0; i < a.optimizer.slots().size(); ++i) {
    if (!torch::equal(a.optimizer.slots()[i].values, b.optimizer.slots()[i].values)) return false;
  }
  const auto others = b.model->named_parameters();
  for (const auto& item : a.model->named_parameters()) {
    if (!torch::equal(item.value(), others[item.key()])) return false;
  }
  return true;
}

// The steps whose checkpoints lie in a run folder, in order.
inline std::vector<std::int64_t> steps_of(const std::filesystem::path& run) {
  std::vector<std::int64_t> steps;
  for (const StepFolder& folder : checkpoint_folders(run)) steps.push_back(folder.step);
  return steps;
}

}  // namespace bertforge::testing
