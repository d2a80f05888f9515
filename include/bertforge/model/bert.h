#pragma once
// BertForPreTraining: embeddings, encoder and pooler, with the masked-LM and next-sentence heads.
//
// Fed by input.h; eaten by objective/, inference/, huggingface/. named_parameters() gives the names of
// model.safetensors as transformers writes them; the decoder of the masked-LM head is the word embedding table itself.
// Source: Devlin et al. 2019; transformers 5.17, BertForPreTraining.
//   B  sequences   T  positions   H  hidden size   V  vocabulary   P  rows to predict

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "bertforge/model/embeddings.h"
#include "bertforge/model/encoder.h"
#include "bertforge/model/fused_encoder.h"
#include "bertforge/model/fused_prediction_loss.h"
#include "bertforge/model/heads.h"

namespace bertforge {

// Which code computes on the CPU, and where fused backward passes add their gradients.
struct KernelChoice {
  const KernelLevel* level = nullptr;     // Null: the plain path, ATen operations.
  const ParameterStore* store = nullptr;  // Null: what needs gradients goes the plain way.

  std::string name() const { return level == nullptr ? "plain" : level->name; }
  const KernelTable* table() const { return level == nullptr ? nullptr : level->table; }

  // Whether fused kernels can compute with `weight`: float32 or bfloat16 on the CPU, and gradients, if wanted, have a
  // store.
  bool fuses(const torch::Tensor& weight) const;
};

struct BertModelImpl : torch::nn::Module {
  explicit BertModelImpl(const BertConfig& config);
  EncoderOutput forward(const BertInput& input, const ForwardContext& context);

  Embeddings embeddings{nullptr};
  Encoder encoder{nullptr};
  Pooler pooler{nullptr};

  KernelChoice kernels;
  std::shared_ptr<FusedEncoder> fused_encoder;  // Made for the weights' type by the first pass that needs it.

 private:
  const BertConfig config_;
};
TORCH_MODULE(BertModel);

struct BertForPreTrainingImpl : torch::nn::Module {
  explicit BertForPreTrainingImpl(const BertConfig& config);

  // As resolve_kernels() names them (device.h); a new model is on the plain path. What fused kernels do not do goes the
  // plain way all the same: float64, attentions, other devices. Gradients go to `store`, which is this model's; without
  // one they go the plain way. To be called once the weights have their type, and again where their store ends before
  // them.
  void choose_kernels(const std::string& choice, const ParameterStore* store = nullptr);

  // Gives back the memory that the fused path keeps from step to step; the next pass takes what it needs.
  void release_buffers();
  const KernelChoice& kernels() const { return bert->kernels; }

  EncoderOutput encode(const BertInput& input, const ForwardContext& context) { return bert(input, context); }

  // Logits [P, V] of `rows` [P, H] of the last hidden state: those to predict, for the vocabulary is large.
  torch::Tensor prediction_logits(const torch::Tensor& rows);

  // The loss of those rows against `labels` [P] by fused kernels, which keep no logits; nullopt where the plain path
  // must do it.
  std::optional<PredictionLoss> fused_prediction_loss(const torch::Tensor& rows, const torch::Tensor& labels);

  torch::Tensor seq_relationship_logits(const torch::Tensor& first_rows);  // [B, H], those of [CLS] -> [B, 2]

  const BertConfig config;
  BertModel bert{nullptr};
  PreTrainingHeads cls{nullptr};

 private:
  std::shared_ptr<FusedPredictionLoss> fused_prediction_loss_;
};
TORCH_MODULE(BertForPreTraining);

// Draws every weight from the seed: matrices normal(0, initializer_range), biases 0, LayerNorm 1 and 0, the row of
// [PAD] 0. A weight depends on (seed, its name, its place in the tensor) alone.
void initialize_weights(BertForPreTraining& model, std::uint64_t seed);

}  // namespace bertforge
