#pragma once
// The model oracle: Hugging Face's BertForPreTraining of oracle/model/tiny, its batch and its answers, as tensors.

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cstring>
#include <filesystem>
#include <string>

#include "bertforge/base/error.h"
#include "bertforge/formats/safetensors.h"
#include "bertforge/model/bert.h"

namespace bertforge::testing {

inline torch::Tensor tensor_of(const TensorView& view) {
  const auto dtype = view.dtype == DType::I64 ? torch::kLong : torch::kFloat;
  BERTFORGE_CHECK(view.dtype == DType::I64 || view.dtype == DType::F32, "the oracle has I64 and F32 only");
  auto tensor = torch::empty(view.shape, dtype);
  std::memcpy(tensor.data_ptr(), view.data.data(), view.data.size());
  return tensor;
}

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

  // The batch as the trainer would see it: targets are the labels that are not -100.
  PreTrainingBatch batch() const {
    const auto input = [&](const char* name) { return tensor_of(batch_file_.get(name)); };
    const auto labels = input("labels").flatten();
    const auto rows = torch::nonzero(labels.ne(-100)).squeeze(1);
    PreTrainingBatch batch;
    batch.input = {input("input_ids"), input("token_type_ids"), input("attention_mask").to(torch::kBool)};
    batch.targets = {rows, labels.index_select(0, rows), input("next_sentence_label")};
    return batch;
  }

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
