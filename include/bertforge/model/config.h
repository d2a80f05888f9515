#pragma once
// The shape of a BERT model, under Hugging Face's names: what config.json of a checkpoint holds.
//
// Fed by app/run_config and huggingface/; eaten by every module of this room.
// Source: Devlin et al. 2019, section 3; transformers 5.17, BertConfig.

#include <cstdint>
#include <string>
#include <vector>

#include "bertforge/base/field_list.h"

namespace bertforge {

struct BertConfig {
  std::int64_t vocab_size = 30522;  // Set from the tokenizer when a model is trained.
  std::int64_t hidden_size = 768;
  std::int64_t num_hidden_layers = 12;
  std::int64_t num_attention_heads = 12;
  std::int64_t intermediate_size = 3072;
  std::string hidden_act = "gelu";
  double hidden_dropout_prob = 0.1;
  double attention_probs_dropout_prob = 0.1;
  std::int64_t max_position_embeddings = 512;
  std::int64_t type_vocab_size = 2;
  double initializer_range = 0.02;
  std::string position_initializer = "normal";  // Where training begins; config.json knows nothing of it.
  double layer_norm_eps = 1e-12;
  std::int64_t pad_token_id = 0;

  std::int64_t head_size() const { return hidden_size / num_attention_heads; }

  // Error(kUsage) where fields contradict one another; `where` opens the message ("model", "config.json").
  void validate(const std::string& where = "model") const;

  bool operator==(const BertConfig&) const = default;
};

// What position_initializer may be: normal, sinusoidal.
std::vector<std::string> position_initializers();

// The fields that a configuration file may set; vocab_size and pad_token_id follow from the tokenizer.
void visit_fields(BertConfig& config, FieldList& list);

}  // namespace bertforge
