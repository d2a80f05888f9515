#pragma once
// A batch as transformers takes it, from a safetensors file: input_ids, token_type_ids, attention_mask, labels and
// next_sentence_label.

#include <torch/types.h>

#include <cstring>
#include <string>

#include "bertforge/base/error.h"
#include "bertforge/formats/safetensors.h"
#include "bertforge/model/input.h"

namespace bertforge::testing {

inline torch::Tensor tensor_of(const TensorView& view) {
  const auto dtype = view.dtype == DType::I64 ? torch::kLong : torch::kFloat;
  BERTFORGE_CHECK(view.dtype == DType::I64 || view.dtype == DType::F32, "the oracle has I64 and F32 only");
  auto tensor = torch::empty(view.shape, dtype);
  std::memcpy(tensor.data_ptr(), view.data.data(), view.data.size());
  return tensor;
}

// The batch as the trainer would see it: targets are the labels that are not -100. `prefix` stands before the tensors' names.
inline PreTrainingBatch read_batch(const SafetensorsFile& file, const std::string& prefix = "") {
  const auto input = [&](const char* name) { return tensor_of(file.get(prefix + name)); };
  const auto labels = input("labels").flatten();
  const auto rows = torch::nonzero(labels.ne(-100)).squeeze(1);
  PreTrainingBatch batch;
  batch.input = {input("input_ids"), input("token_type_ids"), input("attention_mask").to(torch::kBool)};
  batch.targets = {rows, labels.index_select(0, rows), input("next_sentence_label")};
  return batch;
}

}  // namespace bertforge::testing
