#pragma once
// Embeddings: LayerNorm(word + position + segment), then dropout. The first hidden state.
//
// Source: Devlin et al. 2019, figure 2; transformers BertEmbeddings (the parameters have its names).

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "bertforge/model/config.h"
#include "bertforge/model/forward_context.h"
#include "bertforge/model/input.h"
#include "bertforge/model/layer_norm.h"

namespace bertforge {

// One table of vectors, registered as `weight` [rows, hidden_size].
struct EmbeddingTableImpl : torch::nn::Module {
  EmbeddingTableImpl(std::int64_t num_rows, std::int64_t hidden_size);
  torch::Tensor weight;
};
TORCH_MODULE(EmbeddingTable);

struct EmbeddingsImpl : torch::nn::Module {
  explicit EmbeddingsImpl(const BertConfig& config);

  // -> [B, T, H]. REQUIRES: ids within the tables (checked by the caller where they come from outside).
  torch::Tensor forward(const BertInput& input, const ForwardContext& context);

  BertConfig config;
  EmbeddingTable word_embeddings{nullptr}, position_embeddings{nullptr}, token_type_embeddings{nullptr};
  LayerNorm layer_norm{nullptr};
};
TORCH_MODULE(Embeddings);

}  // namespace bertforge
