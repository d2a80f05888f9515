#pragma once
// A model of a few thousand weights, for the vocabulary of toy_dataset.h.

#include "bertforge/model/config.h"

namespace bertforge::testing {

inline BertConfig toy_model_config() {
  return {.vocab_size = 99,
          .hidden_size = 16,
          .num_hidden_layers = 2,
          .num_attention_heads = 2,
          .intermediate_size = 24,
          .max_position_embeddings = 40};
}

}  // namespace bertforge::testing
