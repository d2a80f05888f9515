#include "bertforge/model/bert.h"

#include <torch/types.h>
#include <torch/utils.h>

#include "bertforge/base/error.h"
#include "bertforge/model/device.h"
#include "bertforge/model/ops.h"

namespace bertforge {

bool KernelChoice::fuses(const torch::Tensor& weight) const {
  const bool is_known =
      weight.is_cpu() && (weight.scalar_type() == torch::kFloat || weight.scalar_type() == torch::kBFloat16);
  return level != nullptr && is_known && (store != nullptr || !torch::GradMode::is_enabled());
}

BertModelImpl::BertModelImpl(const BertConfig& config)
    : embeddings(register_module("embeddings", Embeddings(config))),
      encoder(register_module("encoder", Encoder(config))),
      pooler(register_module("pooler", Pooler(config))),
      config_(config) {}

EncoderOutput BertModelImpl::forward(const BertInput& input, const ForwardContext& context) {
  BERTFORGE_CHECK(!context.output_rows.defined() || !context.output_hidden_states, "hidden states are of all rows");
  const torch::Tensor& weight = embeddings->word_embeddings->weight;
  // Inner tensors with gradients are for those who look into the plain path.
  const bool is_inspected =
      context.output_attentions || (context.output_hidden_states && torch::GradMode::is_enabled());
  if (kernels.fuses(weight) && !is_inspected) {
    if (!fused_encoder)
      fused_encoder = make_fused_encoder(config_, *kernels.table(), weight.scalar_type(), kernels.store);
    return fused_encoder->forward(*this, input, context);
  }
  EncoderOutput output = encoder(embeddings(input, context), input.attention_mask, context);
  if (context.output_rows.defined()) {
    output.last_hidden_state = output.last_hidden_state.flatten(0, 1).index_select(0, context.output_rows);
  }
  return output;
}

BertForPreTrainingImpl::BertForPreTrainingImpl(const BertConfig& config)
    : config(config),
      bert(register_module("bert", BertModel(config))),
      cls(register_module("cls", PreTrainingHeads(config))) {}

void BertForPreTrainingImpl::choose_kernels(const std::string& choice, const ParameterStore* store) {
  const std::string name = resolve_kernels(choice);
  bert->kernels = {name == "plain" ? nullptr : &find_kernel_level(name), store};
  release_buffers();
}

void BertForPreTrainingImpl::release_buffers() {
  bert->fused_encoder.reset();
  fused_prediction_loss_.reset();
}

torch::Tensor BertForPreTrainingImpl::prediction_logits(const torch::Tensor& rows) {
  // A vocabulary of 30,522 would keep CUDA's products off their fast kernels, which want rows of the result to begin at a multiple
  // of 16 bytes; NVIDIA advises multiples of 128 elements.
  const std::int64_t unit = rows.is_cuda() ? 128 : 1;
  return padded_linear(cls->predictions->transform(rows), bert->embeddings->word_embeddings->weight,
                       cls->predictions->bias, unit);
}

std::optional<PredictionLoss> BertForPreTrainingImpl::fused_prediction_loss(const torch::Tensor& rows,
                                                                            const torch::Tensor& labels) {
  const torch::Tensor& weight = bert->embeddings->word_embeddings->weight;
  if (!kernels().fuses(weight) || rows.size(0) == 0) return std::nullopt;
  if (!fused_prediction_loss_) {
    fused_prediction_loss_ = make_fused_prediction_loss(*kernels().table(), weight.scalar_type(), kernels().store);
  }
  return (*fused_prediction_loss_)(cls->predictions->transform(rows), weight, cls->predictions->bias, labels);
}

torch::Tensor BertForPreTrainingImpl::seq_relationship_logits(const torch::Tensor& first_rows) {
  return cls->seq_relationship(bert->pooler(first_rows));
}

}  // namespace bertforge
