#pragma once
// BertForPreTraining: embeddings, encoder and pooler, with the masked-LM and next-sentence heads.
//
// Fed by input.h; eaten by objective/, inference/, huggingface/. named_parameters() gives the names of model.safetensors as
// transformers writes them; the decoder of the masked-LM head is the word embedding table itself.
// Source: Devlin et al. 2019; transformers 5.17, BertForPreTraining.
//   B  sequences   T  positions   H  hidden size   V  vocabulary   P  rows to predict

#include <cstdint>

#include "bertforge/model/embeddings.h"
#include "bertforge/model/encoder.h"
#include "bertforge/model/heads.h"

namespace bertforge {

struct BertModelImpl : torch::nn::Module {
  explicit BertModelImpl(const BertConfig& config);
  EncoderOutput forward(const BertInput& input, const ForwardContext& context);

  Embeddings embeddings{nullptr};
  Encoder encoder{nullptr};
  Pooler pooler{nullptr};
};
TORCH_MODULE(BertModel);

struct BertForPreTrainingImpl : torch::nn::Module {
  explicit BertForPreTrainingImpl(const BertConfig& config);

  EncoderOutput encode(const BertInput& input, const ForwardContext& context) { return bert(input, context); }

  // Logits [P, V] of the rows `masked_rows` [P] of `hidden` [B, T, H] taken as [B * T, H]: the vocabulary is large, the other
  // rows are not computed.
  torch::Tensor prediction_logits(const torch::Tensor& hidden, const torch::Tensor& masked_rows);

  torch::Tensor seq_relationship_logits(const torch::Tensor& hidden);  // [B, T, H] -> [B, 2]

  const BertConfig config;
  BertModel bert{nullptr};
  PreTrainingHeads cls{nullptr};
};
TORCH_MODULE(BertForPreTraining);

// Draws every weight from the seed: matrices normal(0, initializer_range), biases 0, LayerNorm 1 and 0, the row of [PAD] 0.
// A weight depends on (seed, its name, its place in the tensor) alone.
void initialize_weights(BertForPreTraining& model, std::uint64_t seed);

}  // namespace bertforge
