#pragma once
// All that a pre-training run is made of: settings, data, model, optimizer, and the state to go on from.
//
// Fed by run_config.h and prepare.h; eaten by pretrain.cpp, which puts trainer and observers on top.

#include <memory>

#include "bertforge/app/prepare.h"
#include "bertforge/app/run_config.h"
#include "bertforge/app/run_folder.h"
#include "bertforge/checkpoint/checkpoint.h"
#include "bertforge/model/bert.h"
#include "bertforge/train/trainer.h"
#include "rank.h"

namespace bertforge {

// Its constructor reads and checks; only prepared/ gains what is missing there. Ranks come out of it with equal weights, moments
// and states: those that rank 0 read.
struct TrainingRun {
  TrainingRun(RunConfig settings, RunStart from, const Rank& rank);

  bool is_complete() const;
  // Complete, and its last evaluation was made.
  bool is_over() const { return is_complete() && (!data.valid || state.evaluated.step == state.progress.step); }

  CheckpointParts parts() {
    return {config.model, store, *optimizer, *data.tokenizer, config.data.pairing.max_seq_length};
  }
  BatchLoader loader() const;
  Trainer trainer() { return {model, store, *optimizer, config.optimizer, config.train, device, state, group}; }

  ProcessGroup& group;
  RunConfig config;
  RunStart start;
  at::Device device;
  PreparedData data;
  BertForPreTraining model;
  ParameterStore store;
  std::unique_ptr<Optimizer> optimizer;
  TrainState state;

 private:
  BertForPreTraining make_model() const;
  Facts facts() const;
  void share_state();
};

}  // namespace bertforge
