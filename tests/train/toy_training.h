#pragma once
// A model of a few thousand weights on a dataset of numbers: what the trainer's tests train.

#include <torch/types.h>

#include <map>

#include "bertforge/train/gradients.h"
#include "bertforge/train/trainer.h"
#include "support/temp_dir.h"
#include "support/toy_dataset.h"
#include "support/toy_model.h"

namespace bertforge::testing {

inline TrainConfig toy_train_config(double steps) {
  return {.duration = Duration::steps(steps), .batch_size = 7, .warmup_share = 0.1, .seed = 5};
}

// Everything a run needs, from the same seeds each time.
struct ToyTraining {
  explicit ToyTraining(const TrainConfig& config, OptimizerConfig optimizer_config = {.learning_rate = 3e-3},
                       Precision precision = Precision::kFloat32, const BertConfig& model_config = toy_model_config())
      : config(config),
        optimizer_config(optimizer_config),
        store(make_store(folder.path() / "data", tokenizer, {{9, 7, 12, 5}, {6, 6, 6}, {15, 3, 8, 8, 11}, {4, 20}})),
        model(model_config) {
    initialize_weights(model, static_cast<std::uint64_t>(config.seed));
    parameters = std::make_unique<ParameterStore>(*model, torch::kCPU, precision);
    optimizer = make_optimizer(*parameters, optimizer_config);
    model->choose_kernels("auto", parameters.get());
    optimizer->choose_kernels(model->kernels().table());
  }

  LoaderConfig loader_config() const {
    return {.batch_size = config.batch_size,
            .initial_batch_size = config.initial_batch_size,
            .batch_ramp_examples = static_cast<std::int64_t>(config.batch_ramp.amount),
            .micro_batch_size = config.micro_batch_size,
            .seed = static_cast<std::uint64_t>(config.seed),
            .pairing = {.max_seq_length = 32}};
  }

  // Trains from `state` to the end of the budget.
  StopReason run(TrainState state = {}, std::vector<std::unique_ptr<TrainingObserver>> observers = {}) {
    BatchLoader loader(store, tokenizer, loader_config(), state.data_position);
    Trainer trainer(model, *parameters, *optimizer, optimizer_config, config, torch::kCPU, state);
    for (auto& observer : observers) trainer.add_observer(std::move(observer));
    const StopReason reason = trainer.run(loader);
    final_state = trainer.state();
    return reason;
  }

  TempDir folder;
  ToyTokenizer tokenizer;
  TrainConfig config;
  OptimizerConfig optimizer_config;
  TokenStore store;
  BertForPreTraining model;
  std::unique_ptr<ParameterStore> parameters;
  std::unique_ptr<Optimizer> optimizer;
  TrainState final_state;
};

// By name, of a model in float64 without dropout on a batch of so many sequences: this rank's share, added up over the ranks.
inline std::map<std::string, at::Tensor> exact_gradients(std::int64_t batch_size, std::int64_t micro_batch_size = 0,
                                                         ProcessGroup& group = solo_group()) {
  const ToyTraining training(toy_train_config(1));
  BertConfig model_config = toy_model_config();
  model_config.hidden_dropout_prob = model_config.attention_probs_dropout_prob = 0;
  BertForPreTraining model(model_config);
  initialize_weights(model, 3);
  model->to(torch::kDouble);
  LoaderConfig share = training.loader_config();
  share.batch_size = batch_size, share.micro_batch_size = micro_batch_size;
  share.rank = group.rank(), share.num_ranks = group.num_ranks();
  BatchLoader loader(training.store, training.tokenizer, share);
  const GlobalBatch batch = loader.next();
  const auto objectives = make_objectives(training.config.objectives);
  add_module_gradients(model, objectives, batch, {.target_counts = group.total(count_targets(objectives, batch))});
  std::map<std::string, at::Tensor> gradients;
  for (const auto& parameter : model->named_parameters()) {
    group.sum(parameter.value().grad());
    gradients[parameter.key()] = parameter.value().grad();
  }
  return gradients;
}

// Keeps what it is told.
struct Recorder {
  std::vector<StepReport> steps;
  std::vector<EvaluationReport> evaluations;
  std::vector<std::string> events;
};

inline std::unique_ptr<TrainingObserver> record(Recorder& recorder, std::int64_t stop_after = -1) {
  struct Observer : TrainingObserver {
    Observer(Recorder& recorder, std::int64_t stop_after) : recorder(recorder), stop_after(stop_after) {}
    void on_start(TrainingView&) override { recorder.events.push_back("start"); }
    void on_step(TrainingView& view, const StepReport& report) override {
      recorder.events.push_back("step " + std::to_string(view.state().progress.step));
      recorder.steps.push_back(report);
      if (view.state().progress.step == stop_after) view.ask_stop();
    }
    void on_evaluation(TrainingView&, const EvaluationReport& report) override {
      recorder.events.push_back("evaluation");
      recorder.evaluations.push_back(report);
    }
    void on_end(TrainingView&) override { recorder.events.push_back("end"); }
    Recorder& recorder;
    std::int64_t stop_after;
  };
  return std::make_unique<Observer>(recorder, stop_after);
}

template <class... Observers>
std::vector<std::unique_ptr<TrainingObserver>> observers(Observers... each) {
  std::vector<std::unique_ptr<TrainingObserver>> all;
  (all.push_back(std::move(each)), ...);
  return all;
}

}  // namespace bertforge::testing
