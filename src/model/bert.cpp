#include "bertforge/model/bert.h"

#include <torch/torch.h>

namespace bertforge {

BertModelImpl::BertModelImpl(const BertConfig& config)
    : embeddings(register_module("embeddings", Embeddings(config))),
      encoder(register_module("encoder", Encoder(config))),
      pooler(register_module("pooler", Pooler(config))) {}

EncoderOutput BertModelImpl::forward(const BertInput& input, const ForwardContext& context) {
  return encoder(embeddings(input, context), input.attention_mask, context);
}

BertForPreTrainingImpl::BertForPreTrainingImpl(const BertConfig& config)
    : config(config),
      bert(register_module("bert", BertModel(config))),
      cls(register_module("cls", PreTrainingHeads(config))) {}

torch::Tensor BertForPreTrainingImpl::prediction_logits(const torch::Tensor& hidden, const torch::Tensor& masked_rows) {
  const auto rows = hidden.reshape({-1, hidden.size(-1)}).index_select(0, masked_rows);
  return cls->predictions(rows, bert->embeddings->word_embeddings->weight);
}

torch::Tensor BertForPreTrainingImpl::seq_relationship_logits(const torch::Tensor& hidden) {
  return cls->seq_relationship(bert->pooler(hidden));
}

}  // namespace bertforge
