// Activation checkpointing: the same bits as without it, and less memory.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "bertforge/base/error.h"
#include "bertforge/model/bert.h"
#include "bertforge/model/parameters.h"

namespace bertforge {
namespace {

BertConfig checkpointing_config(std::int64_t num_layers = 4) {
  return {.vocab_size = 99,
          .hidden_size = 36,
          .num_hidden_layers = num_layers,
          .num_attention_heads = 4,
          .intermediate_size = 53,
          .hidden_dropout_prob = 0.2,
          .attention_probs_dropout_prob = 0.3,
          .max_position_embeddings = 80};
}

BertForPreTraining checkpointing_model(std::int64_t num_layers = 4) {
  BertForPreTraining model(checkpointing_config(num_layers));
  initialize_weights(model, 11);
  return model;
}

// Sequences of these lengths, padded to 70 positions.
BertInput uneven_input(const std::vector<std::int64_t>& lengths) {
  constexpr std::int64_t kLength = 70;
  const auto num_sequences = static_cast<std::int64_t>(lengths.size());
  const auto places = torch::arange(num_sequences * kLength, torch::kLong).view({num_sequences, kLength});
  BertInput input = {.token_ids = places * 31 % 98 + 1,
                     .token_type_ids = places % 2,
                     .attention_mask = torch::zeros({num_sequences, kLength}, torch::kBool)};
  for (std::int64_t b = 0; b < num_sequences; ++b) {
    input.attention_mask[b].slice(0, 0, lengths[static_cast<std::size_t>(b)]).fill_(true);
  }
  return input;
}

ForwardContext checkpointing_context(bool checkpoints, bool drops = true) {
  ForwardContext context;
  if (drops) context.dropout = DropoutStream{.key = 77, .first_example = 5};
  context.checkpoints_activations = checkpoints;
  return context;
}

torch::Tensor weighted_sum(const torch::Tensor& hidden) {
  const auto weights = torch::cos(torch::arange(hidden.numel(), torch::kFloat)).view(hidden.sizes());
  return (hidden * weights.to(hidden.dtype())).sum();
}

struct PassResults {
  torch::Tensor hidden, gradients;
};

using CheckpointingCase = std::tuple<std::string, Precision, bool, bool>;  // Kernels, precision, drops, some rows

// Two passes over different batches, whose gradients are added.
PassResults train_twice(const CheckpointingCase& parameters, bool checkpoints) {
  const auto& [kernels, precision, drops, some_rows] = parameters;
  BertForPreTraining model = checkpointing_model();
  ParameterStore store(*model, torch::kCPU, precision);
  model->choose_kernels(kernels, &store);
  ForwardContext context = checkpointing_context(checkpoints, drops);
  PassResults results;
  for (const auto& lengths : {std::vector<std::int64_t>{7, 70, 1}, std::vector<std::int64_t>{33, 5, 8}}) {
    if (some_rows) context.output_rows = torch::tensor({0L, 3L, 70L, 140L, 3L});
    results.hidden = model->encode(uneven_input(lengths), context).last_hidden_state;
    weighted_sum(results.hidden).backward();
    store.collect_gradients();
  }
  results.gradients = store.gradients();
  return results;
}

std::vector<std::string> all_paths() {
  std::vector<std::string> names = {"plain"};
  for (const KernelLevel* level : supported_kernel_levels()) names.push_back(level->name);
  return names;
}

std::string case_name(const ::testing::TestParamInfo<CheckpointingCase>& info) {
  const auto& [kernels, precision, drops, some_rows] = info.param;
  return kernels + "_" + to_string(precision) + (drops ? "_with_dropout" : "") + (some_rows ? "_of_some_rows" : "");
}

class CheckpointedPasses : public ::testing::TestWithParam<CheckpointingCase> {};

TEST_P(CheckpointedPasses, GiveTheSameBits) {
  const PassResults found = train_twice(GetParam(), true), expected = train_twice(GetParam(), false);
  EXPECT_TRUE(found.hidden.equal(expected.hidden));
  EXPECT_TRUE(found.gradients.equal(expected.gradients));
  EXPECT_GT(expected.gradients.abs().sum().item<double>(), 0);
}

INSTANTIATE_TEST_SUITE_P(OfEveryPath, CheckpointedPasses,
                         ::testing::Combine(::testing::ValuesIn(all_paths()),
                                            ::testing::Values(Precision::kFloat32, Precision::kBfloat16),
                                            ::testing::Bool(), ::testing::Bool()),
                         case_name);

// Bytes after a training pass over 3 sequences of 70 tokens.
std::int64_t buffers_after_training(std::int64_t num_layers, bool checkpoints) {
  BertForPreTraining model = checkpointing_model(num_layers);
  ParameterStore store(*model, torch::kCPU, Precision::kFloat32);
  model->choose_kernels("auto", &store);
  weighted_sum(model->encode(uneven_input({70, 70, 70}), checkpointing_context(checkpoints)).last_hidden_state)
      .backward();
  return model->bert->fused_encoder->buffer_bytes();
}

TEST(Checkpointing, ALayerMoreTakesItsOutputAlone) {
  constexpr std::int64_t kOutput = 3 * 70 * 36 * 4;
  EXPECT_EQ(buffers_after_training(8, true) - buffers_after_training(4, true), 4 * kOutput);
  EXPECT_GT(buffers_after_training(8, false) - buffers_after_training(4, false), 4 * 8 * kOutput);
}

TEST(Checkpointing, AnEvaluationTakesTheSameMemoryForAnyNumberOfLayers) {
  const torch::NoGradGuard no_grad;
  std::vector<std::int64_t> bytes;
  for (const std::int64_t num_layers : {2, 5}) {
    BertForPreTraining model = checkpointing_model(num_layers);
    model->choose_kernels("auto");
    model->encode(uneven_input({7, 70, 1}), {});
    bytes.push_back(model->bert->fused_encoder->buffer_bytes());
  }
  EXPECT_EQ(bytes[0], bytes[1]);
}

// The plain path in float64, its gradients in the modules.
std::map<std::string, torch::Tensor> module_gradients(bool checkpoints) {
  BertForPreTraining model = checkpointing_model();
  model->to(torch::kDouble);
  weighted_sum(model->encode(uneven_input({7, 70, 1}), checkpointing_context(checkpoints)).last_hidden_state)
      .backward();
  std::map<std::string, torch::Tensor> gradients;
  for (const auto& parameter : model->bert->named_parameters()) {
    if (parameter.value().grad().defined()) gradients[parameter.key()] = parameter.value().grad();
  }
  return gradients;
}

TEST(Checkpointing, GivesModulesWithoutAStoreTheirGradients) {
  const auto found = module_gradients(true), expected = module_gradients(false);
  ASSERT_EQ(found.size(), expected.size());
  for (const auto& [name, gradient] : expected) EXPECT_TRUE(found.at(name).equal(gradient)) << name;
}

TEST(Checkpointing, LeavesOneNodeOfTheGraphForALayerOfThePlainPath) {
  BertForPreTraining model = checkpointing_model();
  const auto hidden = model->encode(uneven_input({7, 70}), checkpointing_context(true)).last_hidden_state;
  torch::autograd::Node* node = hidden.grad_fn().get();
  for (int layer = 0; layer < 4; ++layer) {
    EXPECT_THAT(node->name(), ::testing::HasSubstr("CheckpointedLayer")) << layer;
    ASSERT_EQ(node->num_outputs(), 1u);
    node = node->next_edge(0).function.get();
    ASSERT_NE(node, nullptr);
  }
  EXPECT_THAT(node->name(), ::testing::Not(::testing::HasSubstr("CheckpointedLayer")));
}

TEST(Checkpointing, RefusesGradientsOfNamedInputsAndABackwardPassAfterTheLast) {
  BertForPreTraining model = checkpointing_model();
  const auto loss = model->encode(uneven_input({7, 70}), checkpointing_context(true)).last_hidden_state.sum();
  const auto& words = model->bert->embeddings->word_embeddings->weight;
  EXPECT_THROW(torch::autograd::grad({loss}, {words}, {}, /*retain_graph=*/true), Error);
  loss.backward({}, /*retain_graph=*/true);
  loss.backward();
  EXPECT_THROW(loss.backward(), Error);
}

TEST(Checkpointing, HandsOutAttentionsWithTheirGradients) {
  BertForPreTraining model = checkpointing_model();
  ForwardContext context = checkpointing_context(true);
  context.output_attentions = true;
  const EncoderOutput output = model->encode(uneven_input({7, 70}), context);
  ASSERT_EQ(output.attentions.size(), 4u);
  EXPECT_TRUE(output.attentions[3].requires_grad());
}

}  // namespace
}  // namespace bertforge
