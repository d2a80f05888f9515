#pragma once
// The tensors of BertForPreTraining by the names that transformers gives them, which are the names of our parameters too, and
// the other names under which folders hold the same tensors.
//
// Feeds folder.h and checkpoint/, which check files against it before they make a model.
// Source: transformers 5.17 and 4.46, BertForPreTraining.save_pretrained; google-research/bert for gamma and beta.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bertforge/model/config.h"

namespace bertforge {

struct TensorSpec {
  std::string name;
  std::vector<std::int64_t> shape;  // A matrix is [outputs, inputs].
};

// Every parameter of the model, in the order of its named_parameters().
std::vector<TensorSpec> tensor_specs(const BertConfig& config);

// The parameter that a tensor of this name holds:
//   embeddings.* encoder.* pooler.*      of a BertModel, which has no "bert." in front
//   *.LayerNorm.gamma, *.LayerNorm.beta  LayerNorm.weight, LayerNorm.bias
//   cls.predictions.decoder.weight       bert.embeddings.word_embeddings.weight, to which it is tied
//   cls.predictions.decoder.bias         cls.predictions.bias, likewise
// A name without a parameter behind it comes back as it is.
std::string canonical_tensor_name(std::string_view name);

// Tables of 0, 1, 2, ... that older versions saved with the weights (position_ids); nothing is in them.
bool is_constant_buffer(std::string_view name);

// What may stand on an encoder or not: BertModel and BertForMaskedLM lack some.
struct HeadName {
  std::string_view head;    // "pooler"
  std::string_view prefix;  // "bert.pooler."
};

// The head that a parameter belongs to; nothing for those of the encoder itself, which every folder must have.
std::optional<HeadName> head_of(std::string_view parameter_name);

}  // namespace bertforge
