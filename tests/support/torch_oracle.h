#pragma once
// The model oracle: Hugging Face's BertForPreTraining of oracle/model/tiny, its batch and its answers, as tensors.

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <filesystem>
#include <string>

#include "bertforge/base/error.h"
#include "bertforge/formats/safetensors.h"
#include "bertforge/model/bert.h"
#include "support/batch_file.h"

namespace bertforge::testing {

// config.json of oracle/model/tiny, without its dropout of 0 being a default of ours.
inline BertConfig tiny_config() {
  return {.vocab_size = 211,
          .hidden_size = 24,
          .num_hidden_layers = 3,
          .num_attention_heads = 3,
          .intermediate_size = 40,
          .hidden_dropout_prob = 0,
          .attention_probs_dropout_prob = 0,
          .max_position_embeddings = 48,
          .initializer_range = 0.2};
}

class TinyOracle {
 public:
  explicit TinyOracle(const std::filesystem::path& folder)
      : batch_file_(folder / "batch.safetensors"), expected_(folder / "expected.safetensors") {
    const torch::NoGradGuard no_grad;
    const SafetensorsFile checkpoint(folder / "checkpoint" / "model.safetensors");
    for (auto& item : model->named_parameters()) item.value().copy_(tensor_of(checkpoint.get(item.key())));
  }

  torch::Tensor expected(const std::string& name) const { return tensor_of(expected_.get(name)); }

  PreTrainingBatch batch() const { return read_batch(batch_file_); }

  BertForPreTraining model{tiny_config()};

 private:
  SafetensorsFile batch_file_, expected_;
};

// The largest difference, relative to the largest value of `expected`.
inline double relative_difference(const torch::Tensor& actual, const torch::Tensor& expected) {
  BERTFORGE_CHECK(actual.sizes() == expected.sizes(), "shapes differ");
  const double largest = expected.abs().max().item<double>();
  return (actual.detach().to(torch::kDouble) - expected.to(torch::kDouble)).abs().max().item<double>() /
         std::max(largest, 1e-30);
}

}  // namespace bertforge::testing
