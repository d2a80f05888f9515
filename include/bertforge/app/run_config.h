#pragma once
// Everything that decides a pre-training run: the configs of all rooms, put together under the sections of the config
// file.
//
// Fed by config_layers.h (files and command line); eaten by prepare.h and pretrain.h. docs/configuration.md is made
// from it.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "bertforge/base/duration.h"
#include "bertforge/base/field_list.h"
#include "bertforge/data/batch_loader.h"
#include "bertforge/data/dataset_builder.h"
#include "bertforge/model/config.h"
#include "bertforge/text/tokenizer_config.h"
#include "bertforge/text/vocabulary_config.h"
#include "bertforge/train/config.h"
#include "bertforge/train/optimizer.h"

namespace bertforge {

// [vocab]: the tokenizer to take, or how to learn one.
struct VocabSection {
  std::string tokenizer;            // "": learn one.
  std::vector<std::string> inputs;  // Empty: data.train.
  VocabularyConfig learning;
};

// [data]: text to build datasets from, or datasets; and how examples are made of them.
struct DataSection {
  std::string root;                       // Relative paths of train and valid begin here.
  std::vector<std::string> train, valid;  // Text files, or one dataset folder each.
  std::string format = "auto";
  std::string text_field = "text";
  bool undo_joins = false;
  BuildConfig build;
  SelectionConfig selection;  // Of data.train.
  PairingConfig pairing;
  MaskingConfig masking;
  double valid_masked_lm_prob = 0;   // Of held-out text; 0: as in training.
  double valid_short_seq_prob = -1;  // Of held-out text; -1: as in training.

  // Masking and pairing as held-out examples have them.
  MaskingConfig valid_masking() const;
  PairingConfig valid_pairing() const;
};

// [run]: where results go and what computes them.
struct RunSection {
  std::string output;
  std::string prepared;   // "": `prepared` beside the run folder.
  std::string init_from;  // "": weights are drawn.
  std::string device = "auto";
  std::int64_t threads = 0;
  Duration rank_timeout = {600, Duration::Unit::kSeconds};  // Under a launcher: how long one rank waits for another.

  std::chrono::milliseconds rank_milliseconds() const;
};

struct RunConfig {
  VocabSection vocab;
  TokenizerConfig tokenizer;
  DataSection data;
  BertConfig model;
  OptimizerConfig optimizer;
  TrainConfig train;
  RunSection run;

  // Error(kUsage) where settings contradict one another; what only looks odd is logged as a warning.
  void validate() const;

  // data.train and data.valid under data.root.
  std::vector<std::string> train_inputs() const;
  std::vector<std::string> valid_inputs() const;

  bool has_held_out() const { return !data.valid.empty() || data.selection.valid_fraction > 0; }

  // The tokenizer that is there already: vocab.tokenizer, that of a dataset, or that of run.init_from; "" to learn one.
  std::string known_tokenizer() const;

  LoaderConfig loader() const;
  LoaderConfig evaluation_loader() const;
};

void visit_fields(RunConfig& config, FieldList& fields);

// A folder that `bertforge build` made, rather than text.
bool is_dataset(const std::vector<std::string>& inputs);

// Takes the settings out of `fields` that decide nothing in this run (how to learn a vocabulary, where one is given).
// One that stands on the command line is an Error(kUsage) that says why; one in a file is a warning.
void remove_settings_without_effect(const RunConfig& config, FieldList& fields);

// Every path absolute, data.root in those that it precedes: the config means the same in any folder.
void make_paths_absolute(RunConfig& config);

// docs/configuration.md.
std::string configuration_reference();

}  // namespace bertforge
