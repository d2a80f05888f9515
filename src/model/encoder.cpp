#include "bertforge/model/encoder.h"

#include <torch/nn/modules/linear.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "checkpointed_layer.h"

namespace bertforge {

ResidualOutputImpl::ResidualOutputImpl(const BertConfig& config, std::int64_t input_size, std::int64_t layer,
                                       DropoutSite site)
    : layer(layer),
      site(site),
      dropout_prob(config.hidden_dropout_prob),
      dense(register_module("dense", torch::nn::Linear(input_size, config.hidden_size))),
      layer_norm(register_module("LayerNorm", LayerNorm(config))) {}

torch::Tensor ResidualOutputImpl::forward(const torch::Tensor& x, const torch::Tensor& residual,
                                          const ForwardContext& context) {
  auto projected = dense(x);
  if (context.dropout) {
    projected = dropout(projected, dropout_prob, context.dropout->at(layer, site), context.dropout->first_example);
  }
  return layer_norm(projected + residual);
}

AttentionBlockImpl::AttentionBlockImpl(const BertConfig& config, std::int64_t layer)
    : self(register_module("self", SelfAttention(config, layer))),
      output(register_module("output",
                             ResidualOutput(config, config.hidden_size, layer, DropoutSite::kAttentionOutput))) {}

IntermediateImpl::IntermediateImpl(const BertConfig& config)
    : activation(find_activation(config.hidden_act)),
      dense(register_module("dense", torch::nn::Linear(config.hidden_size, config.intermediate_size))) {}

torch::Tensor IntermediateImpl::forward(const torch::Tensor& x) { return activation(dense(x)); }

EncoderLayerImpl::EncoderLayerImpl(const BertConfig& config, std::int64_t layer)
    : attention(register_module("attention", AttentionBlock(config, layer))),
      intermediate(register_module("intermediate", Intermediate(config))),
      output(register_module(
          "output", ResidualOutput(config, config.intermediate_size, layer, DropoutSite::kFeedForwardOutput))) {}

torch::Tensor EncoderLayerImpl::forward(const torch::Tensor& hidden, const torch::Tensor& bias,
                                        const ForwardContext& context, std::vector<torch::Tensor>* probs) {
  const AttentionOutput attended = attention->self(hidden, bias, context);
  if (probs != nullptr) probs->push_back(attended.probs);
  const auto middle = attention->output(attended.context, hidden, context);
  return output(intermediate(middle), middle, context);
}

EncoderImpl::EncoderImpl(const BertConfig& config) : layer(register_module("layer", torch::nn::ModuleList())) {
  for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) layer->push_back(EncoderLayer(config, i));
}

EncoderOutput EncoderImpl::forward(torch::Tensor hidden, const torch::Tensor& attention_mask,
                                   const ForwardContext& context) {
  const auto bias = attention_bias(attention_mask, hidden.scalar_type());
  const bool checkpoints =
      context.checkpoints_activations && torch::GradMode::is_enabled() && !context.output_attentions;
  EncoderOutput result;
  auto* const probs = context.output_attentions ? &result.attentions : nullptr;
  if (context.output_hidden_states) result.hidden_states.push_back(hidden);
  for (const auto& module : *layer) {
    auto& encoder_layer = *module->as<EncoderLayerImpl>();
    hidden = checkpoints ? checkpointed_layer(encoder_layer, hidden, bias, context)
                         : encoder_layer.forward(hidden, bias, context, probs);
    if (context.output_hidden_states) result.hidden_states.push_back(hidden);
  }
  result.last_hidden_state = hidden;
  return result;
}

}  // namespace bertforge
