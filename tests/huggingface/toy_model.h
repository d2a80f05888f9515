#pragma once
// A small model of odd sizes and its tokenizer, for the tests of huggingface/ and checkpoint/.

#include <torch/types.h>

#include <memory>
#include <string>
#include <vector>

#include "bertforge/model/bert.h"
#include "bertforge/text/wordpiece_tokenizer.h"

namespace bertforge::testing {

inline BertConfig toy_config() {
  return {.vocab_size = 99,
          .hidden_size = 15,
          .num_hidden_layers = 2,
          .num_attention_heads = 3,
          .intermediate_size = 22,
          .hidden_act = "gelu_new",
          .hidden_dropout_prob = 0.125,
          .max_position_embeddings = 17,
          .layer_norm_eps = 1e-9};
}

inline std::unique_ptr<Tokenizer> toy_tokenizer() {
  std::vector<std::string> pieces = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
  while (pieces.size() < 99) pieces.push_back("piece" + std::to_string(pieces.size()));
  return std::make_unique<WordPieceTokenizer>(Vocabulary(pieces, "toy"), TokenizerConfig(), "toy");
}

inline BertForPreTraining toy_model(const BertConfig& config = toy_config(), std::uint64_t seed = 7) {
  BertForPreTraining model(config);
  initialize_weights(model, seed);
  return model;
}

// Whether all parameters are the same bits, those whose names start with `but` apart.
inline bool have_equal_weights(const BertForPreTraining& a, const BertForPreTraining& b,
                               const std::string& but = "none") {
  const auto others = b->named_parameters();
  for (const auto& item : a->named_parameters()) {
    if (!item.key().starts_with(but) && !torch::equal(item.value(), others[item.key()])) return false;
  }
  return true;
}

}  // namespace bertforge::testing
