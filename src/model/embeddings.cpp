#include "bertforge/model/embeddings.h"

#include <torch/types.h>

#include "bertforge/base/error.h"
#include "bertforge/model/ops.h"

namespace bertforge {

EmbeddingTableImpl::EmbeddingTableImpl(std::int64_t num_rows, std::int64_t hidden_size)
    : weight(register_parameter("weight", torch::zeros({num_rows, hidden_size}))) {}

EmbeddingsImpl::EmbeddingsImpl(const BertConfig& config)
    : config(config),
      word_embeddings(register_module("word_embeddings", EmbeddingTable(config.vocab_size, config.hidden_size))),
      position_embeddings(
          register_module("position_embeddings", EmbeddingTable(config.max_position_embeddings, config.hidden_size))),
      token_type_embeddings(
          register_module("token_type_embeddings", EmbeddingTable(config.type_vocab_size, config.hidden_size))),
      layer_norm(register_module("LayerNorm", LayerNorm(config))) {}

torch::Tensor EmbeddingsImpl::forward(const BertInput& input, const ForwardContext& context) {
  const std::int64_t length = input.token_ids.size(1);
  BERTFORGE_CHECK(length <= config.max_position_embeddings, length, " tokens, ", config.max_position_embeddings,
                  " positions");
  const auto positions = torch::arange(length, input.token_ids.options());
  const auto sum = embedding_lookup(word_embeddings->weight, input.token_ids, config.pad_token_id) +
                   embedding_lookup(token_type_embeddings->weight, input.token_type_ids) +
                   embedding_lookup(position_embeddings->weight, positions);
  const auto hidden = layer_norm(sum).to(word_embeddings->weight.scalar_type());
  if (!context.dropout) return hidden;
  return dropout(hidden, config.hidden_dropout_prob, context.dropout->at(0, DropoutSite::kEmbeddings),
                 context.dropout->first_example);
}

}  // namespace bertforge
