#include "bertforge/train/memory_estimate.h"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <tuple>
#include <vector>

#include "bertforge/model/bert.h"
#include "bertforge/model/parameters.h"

namespace bertforge {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

BertConfig base_config() { return {}; }

// 492 parameters: (10 + 6 + 2) * 4 + 8 of the embeddings, 2 * 172 of the layers, 68 of pooler and heads.
MemoryPlan tiny_plan() {
  return {.model = {.vocab_size = 10,
                    .hidden_size = 4,
                    .num_hidden_layers = 2,
                    .num_attention_heads = 2,
                    .intermediate_size = 8,
                    .attention_probs_dropout_prob = 0,
                    .max_position_embeddings = 6},
          .num_sequences = 2,
          .sequence_length = 3,
          .is_fused = false};
}

TEST(MemoryEstimate, OfThePlainPathIsWhatAHandComputes) {
  MemoryPlan plan = tiny_plan();
  const MemoryEstimate estimate = estimate_memory(plan);
  EXPECT_EQ(estimate.weights, 492 * 4);
  EXPECT_EQ(estimate.compute_copy, 0);
  EXPECT_EQ(estimate.gradients, 492 * 4 + 10 * 4 * 4);
  EXPECT_EQ(estimate.optimizer, 492 * 8);
  // A row of a layer: 6 * 4 + 2 * 8 + 2 * 3 numbers, and 2 * (4 + 2) of its LayerNorms: 232 bytes; of the embeddings 24.
  // What is worked on: 2 * 8 + 4 * 4 numbers a row.
  EXPECT_EQ(estimate.activations, 6 * (2 * 232 + 24 + 128));
  EXPECT_EQ(estimate.vocabulary_scores, 3 * 4 * 2 * 10);
  EXPECT_EQ(estimate.total(), 1968 + 2128 + 3936 + 3696 + 240);

  plan.checkpoints_activations = true;
  EXPECT_EQ(estimate_memory(plan).activations, 6 * (4 * 4 + 232 + 24 + 128));
}

TEST(MemoryEstimate, CountsTheBfloat16CopyTheAverageAndWhatAttentionDrops) {
  MemoryPlan plan = tiny_plan();
  plan.precision = Precision::kBfloat16;
  plan.keeps_average = true;
  plan.model.attention_probs_dropout_prob = 0.1;
  const MemoryEstimate estimate = estimate_memory(plan);
  EXPECT_EQ(estimate.compute_copy, 492 * 2);
  EXPECT_EQ(estimate.gradients, 492 * (4 + 2));
  EXPECT_EQ(estimate.optimizer, 492 * 12);
  EXPECT_EQ(estimate.activations, 6 * (2 * (2 * 52 + 48) + 24 + 64));
}

TEST(MemoryEstimate, CountsTheParametersOfTheStore) {
  MemoryPlan plan = tiny_plan();
  BertForPreTraining model(plan.model);
  const ParameterStore store(*model, torch::kCPU, Precision::kFloat32);
  EXPECT_EQ(estimate_memory(plan).weights, 4 * store.num_parameters());
  plan.model = base_config();
  EXPECT_EQ(estimate_memory(plan).weights, 4 * 110106428LL);  // bert-base-uncased with both heads
}

// Layers, precision, checkpointing
class FusedMemoryEstimate : public ::testing::TestWithParam<std::tuple<int, Precision, bool>> {};

// 3 sequences of 70 tokens, of which 5 are to be predicted.
TEST_P(FusedMemoryEstimate, IsWhatTheBuffersTake) {
  const auto [num_layers, precision, checkpoints] = GetParam();
  const MemoryPlan plan = {.model = {.vocab_size = 99,
                                     .hidden_size = 36,
                                     .num_hidden_layers = num_layers,
                                     .num_attention_heads = 4,
                                     .intermediate_size = 130,
                                     .max_position_embeddings = 80},
                           .num_sequences = 3,
                           .sequence_length = 70,
                           .targets_per_sequence = 5,
                           .num_threads = at::get_num_threads(),
                           .precision = precision,
                           .checkpoints_activations = checkpoints};
  BertForPreTraining model(plan.model);
  initialize_weights(model, 3);
  ParameterStore store(*model, torch::kCPU, precision);
  model->choose_kernels("auto", &store);
  std::vector<std::int64_t> rows;
  for (std::int64_t b = 0; b < 3; ++b) {
    for (std::int64_t i = 0; i < 6; ++i) rows.push_back(70 * b + 11 * i);
  }
  const BertInput input = {.token_ids = torch::arange(210, torch::kLong).view({3, 70}) % 99,
                           .token_type_ids = torch::zeros({3, 70}, torch::kLong),
                           .attention_mask = {}};
  const ForwardContext context = {
      .dropout = DropoutStream{5, 0}, .output_rows = torch::tensor(rows), .checkpoints_activations = checkpoints};
  model->encode(input, context).last_hidden_state.sum().backward();
  EXPECT_EQ(estimate_memory(plan).activations, model->bert->fused_encoder->buffer_bytes());
}

INSTANTIATE_TEST_SUITE_P(ForEveryWay, FusedMemoryEstimate,
                         ::testing::Combine(::testing::Values(1, 3),
                                            ::testing::Values(Precision::kFloat32, Precision::kBfloat16),
                                            ::testing::Bool()));

TEST(MemoryEstimate, GrowsWithEverySizeAndShrinksWithCheckpointing) {
  for (const bool is_fused : {true, false}) {
    const MemoryPlan plan = {.model = base_config(),
                             .num_sequences = 8,
                             .sequence_length = 128,
                             .targets_per_sequence = 19,
                             .is_fused = is_fused};
    const auto total_with = [&](const auto& change) {
      MemoryPlan changed = plan;
      change(changed);
      return estimate_memory(changed).total();
    };
    const std::int64_t total = estimate_memory(plan).total();
    EXPECT_GT(total_with([](MemoryPlan& changed) { ++changed.num_sequences; }), total);
    EXPECT_GT(total_with([](MemoryPlan& changed) { ++changed.sequence_length; }), total);
    EXPECT_GT(total_with([](MemoryPlan& changed) { ++changed.targets_per_sequence; }), total);
    EXPECT_GT(total_with([](MemoryPlan& changed) { ++changed.model.num_hidden_layers; }), total);
    EXPECT_GT(total_with([](MemoryPlan& changed) { ++changed.model.vocab_size; }), total);
    EXPECT_LT(total_with([](MemoryPlan& changed) { changed.checkpoints_activations = true; }), total);
    EXPECT_LT(total_with([](MemoryPlan& changed) { changed.precision = Precision::kBfloat16; }), total);
  }
}

// Measured on 2026-11-29 (docs/performance.md), the program included: 3,354 and 2,931 MB.
TEST(MemoryEstimate, ComesNearWhatWasMeasured) {
  MemoryPlan plan = {.model = base_config(),
                     .num_sequences = 16,
                     .sequence_length = 128,
                     .targets_per_sequence = 19,
                     .num_threads = 2};
  EXPECT_NEAR(static_cast<double>(estimate_memory(plan).total() + kProgramBytes), 3354e6, 100e6);
  plan.precision = Precision::kBfloat16;
  EXPECT_NEAR(static_cast<double>(estimate_memory(plan).total() + kProgramBytes), 2931e6, 100e6);
}

TEST(MemoryEstimate, IsToldInOneLine) {
  EXPECT_EQ(to_text({.weights = 100'000'000,
                     .gradients = 100'000'000,
                     .optimizer = 200'000'000,
                     .activations = 700'000'000,
                     .vocabulary_scores = 110'000'000}),
            "about 1.2 GB: weights and optimizer 0.4, activations 0.7, vocabulary scores 0.1");
  EXPECT_EQ(to_text({.weights = 10'000'000, .activations = 45'400'000, .vocabulary_scores = 7'000'000}),
            "about 62 MB: weights and optimizer 10, activations 45, vocabulary scores 7");
}

TEST(MemoryAdvice, NamesTheSettingsThatMakeARunFit) {
  MemoryPlan plan = {.model = base_config(), .num_sequences = 32, .sequence_length = 512, .targets_per_sequence = 20};
  const auto total_of = [&](std::int64_t num_sequences, bool checkpoints) {
    MemoryPlan other = plan;
    other.num_sequences = num_sequences, other.checkpoints_activations = checkpoints;
    return estimate_memory(other).total();
  };
  EXPECT_EQ(memory_advice(plan, total_of(32, false)), "");
  EXPECT_THAT(memory_advice(plan, total_of(12, false)),
              HasSubstr("; train.micro_batch_size = 12 or train.activation_checkpointing = true would fit"));
  const std::int64_t scarce = total_of(20, true);
  ASSERT_LT(scarce, total_of(32, true));
  EXPECT_THAT(memory_advice(plan, scarce),
              HasSubstr("train.micro_batch_size = 20 with train.activation_checkpointing = true would fit"));
  EXPECT_THAT(memory_advice(plan, 1000), HasSubstr("a smaller model or a smaller data.max_seq_length takes less"));
  plan.checkpoints_activations = true;
  EXPECT_THAT(memory_advice(plan, scarce), HasSubstr("train.micro_batch_size = 20 would fit"));
  EXPECT_THAT(memory_advice(plan, scarce), Not(HasSubstr("checkpointing")));
}

}  // namespace
}  // namespace bertforge
