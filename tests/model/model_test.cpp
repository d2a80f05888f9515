#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

#include "bertforge/base/error.h"
#include "bertforge/model/bert.h"
#include "bertforge/model/cuda_devices.h"
#include "bertforge/model/device.h"
#include "support/error_matchers.h"

namespace bertforge {
namespace {

// Odd sizes, so that no swapped axes pass.
BertConfig odd_config() {
  return {.vocab_size = 99,
          .hidden_size = 32,
          .num_hidden_layers = 2,
          .num_attention_heads = 4,
          .intermediate_size = 37,
          .max_position_embeddings = 50};
}

// Three sequences of 7, 5 and 2 tokens.
Batch odd_batch() {
  Batch batch;
  batch.token_ids = {2, 10, 4, 3, 12, 13, 3, 2, 4, 3, 31, 3, 2, 3};
  batch.sequence_offsets = {0, 7, 12, 14};
  batch.segment_boundaries = {4, 3, 2};
  batch.masked_rows = {2, 8};
  batch.masked_labels = {40, 98};
  batch.is_random_next = {1, 0, 1};
  return batch;
}

// The batch over and over: sums over many rows are where bfloat16 goes wrong.
Batch repeated(const Batch& once, int times) {
  Batch batch;
  batch.sequence_offsets = {0};
  for (int i = 0; i < times; ++i) {
    const auto first_row = static_cast<std::int32_t>(batch.token_ids.size());
    const auto append = [](auto& all, const auto& part) { all.insert(all.end(), part.begin(), part.end()); };
    append(batch.token_ids, once.token_ids);
    append(batch.segment_boundaries, once.segment_boundaries);
    append(batch.masked_labels, once.masked_labels);
    append(batch.is_random_next, once.is_random_next);
    for (std::size_t b = 1; b < once.sequence_offsets.size(); ++b) {
      batch.sequence_offsets.push_back(first_row + once.sequence_offsets[b]);
    }
    for (const std::int32_t row : once.masked_rows) batch.masked_rows.push_back(first_row + row);
  }
  return batch;
}

BertForPreTraining initialized_model(const BertConfig& config = odd_config()) {
  BertForPreTraining model(config);
  initialize_weights(model, 7);
  return model;
}

TEST(BertInput, PadsSequencesAndMovesMaskedRowsWithThem) {
  const PreTrainingBatch tensors = to_tensors(odd_batch(), 0, torch::kCPU);
  EXPECT_EQ(tensors.input.token_ids.sizes(), (std::vector<std::int64_t>{3, 7}));
  EXPECT_TRUE(tensors.input.token_ids[1].equal(torch::tensor({2L, 4L, 3L, 31L, 3L, 0L, 0L})));
  EXPECT_TRUE(tensors.input.token_type_ids[1].equal(torch::tensor({0L, 0L, 0L, 1L, 1L, 0L, 0L})));
  EXPECT_TRUE(tensors.input.attention_mask.sum(1).equal(torch::tensor({7L, 5L, 2L})));
  EXPECT_TRUE(tensors.targets.masked_rows.equal(torch::tensor({2L, 8L})));
  EXPECT_TRUE(tensors.targets.is_random_next.equal(torch::tensor({1L, 0L, 1L})));
  EXPECT_EQ(tensors.num_tokens, 14);
}

TEST(BertInput, HasNoAttentionMaskWhereNothingIsPadded) {
  Batch batch;
  batch.token_ids = {2, 3, 2, 3};
  batch.sequence_offsets = {0, 2, 4};
  batch.segment_boundaries = {2, 2};
  batch.is_random_next = {0, 0};
  EXPECT_FALSE(to_tensors(batch, 0, torch::kCPU).input.attention_mask.defined());
}

TEST(Bert, PaddingChangesNoHiddenStateOfATokenByMoreThanRounding) {
  auto model = initialized_model();
  const auto batch = to_tensors(odd_batch(), 0, torch::kCPU);
  const auto together = model->encode(batch.input, {}).last_hidden_state;
  const BertInput alone = {batch.input.token_ids.narrow(0, 1, 1).narrow(1, 0, 5),
                           batch.input.token_type_ids.narrow(0, 1, 1).narrow(1, 0, 5),
                           {}};
  const auto single = model->encode(alone, {}).last_hidden_state;
  EXPECT_TRUE(torch::allclose(together.narrow(0, 1, 1).narrow(1, 0, 5), single, 1e-5, 1e-5));
}

TEST(Bert, DropoutDependsOnTheExampleAndNotOnTheBatchItCameIn) {
  auto model = initialized_model();
  const auto batch = to_tensors(odd_batch(), 0, torch::kCPU);
  const auto together = model->encode(batch.input, {.dropout = DropoutStream{77, 10}}).last_hidden_state;
  const BertInput second = {batch.input.token_ids.narrow(0, 1, 1).narrow(1, 0, 5),
                            batch.input.token_type_ids.narrow(0, 1, 1).narrow(1, 0, 5),
                            {}};
  const auto alone = model->encode(second, {.dropout = DropoutStream{77, 11}}).last_hidden_state;
  EXPECT_TRUE(torch::allclose(together.narrow(0, 1, 1).narrow(1, 0, 5), alone, 1e-5, 1e-5));
  const auto other_step = model->encode(second, {.dropout = DropoutStream{78, 11}}).last_hidden_state;
  EXPECT_FALSE(torch::allclose(alone, other_step, 1e-2, 1e-2));
}

TEST(Bert, GradientWithDropoutAgreesWithFiniteDifferences) {
  const BertConfig config = odd_config();
  auto model = initialized_model(config);
  model->to(torch::kDouble);
  const auto batch = to_tensors(odd_batch(), 0, torch::kCPU);
  const auto loss = [&] {
    const auto hidden = model->encode(batch.input, {.dropout = DropoutStream{5, 0}}).last_hidden_state;
    return torch::log_softmax(model->prediction_logits(hidden.flatten(0, 1).index_select(0, batch.targets.masked_rows)),
                              -1)
               .gather(1, batch.targets.masked_labels.unsqueeze(1))
               .sum() +
           torch::log_softmax(model->seq_relationship_logits(hidden.select(1, 0)), -1).select(1, 1).sum();
  };
  loss().backward();
  for (auto& item : model->named_parameters()) {
    // Along one random direction: every element of the parameter takes part.
    torch::manual_seed(1);
    const auto direction = torch::randn_like(item.value());
    const double expected = (item.value().grad() * direction).sum().item<double>();
    const torch::NoGradGuard no_grad;
    const double h = 1e-5;
    item.value().add_(direction, h);
    const double above = loss().item<double>();
    item.value().sub_(direction, 2 * h);
    const double below = loss().item<double>();
    item.value().add_(direction, h);
    // Key biases have no gradient: softmax does not see what all keys share.
    EXPECT_NEAR((above - below) / (2 * h), expected, 1e-4 * std::abs(expected) + 1e-9) << item.key();
  }
}

TEST(Bert, Bfloat16GradientsOfEveryParameterAreNearFloat32s) {
  const auto gradients = [](torch::ScalarType dtype) {
    auto config = odd_config();
    config.initializer_range = 0.2;  // So that no gradient is small beside the others.
    auto model = initialized_model(config);
    model->to(dtype);
    const auto batch = to_tensors(repeated(odd_batch(), 300), 0, torch::kCPU);
    const auto hidden = model->encode(batch.input, {.dropout = DropoutStream{5, 0}}).last_hidden_state;
    const auto logits =
        model->prediction_logits(hidden.flatten(0, 1).index_select(0, batch.targets.masked_rows)).to(torch::kFloat);
    at::cross_entropy_loss(logits, batch.targets.masked_labels).backward();
    return model->named_parameters();
  };
  const auto exact = gradients(torch::kFloat), coarse = gradients(torch::kBFloat16);
  for (const auto& item : exact) {
    const bool has_none = item.key().ends_with("key.bias") || !item.value().grad().defined();
    if (has_none) continue;
    const auto difference = coarse[item.key()].grad().to(torch::kFloat) - item.value().grad();
    EXPECT_LT(difference.norm().item<double>(), 0.04 * item.value().grad().norm().item<double>()) << item.key();
  }
}

TEST(Bert, InitialWeightsDependOnSeedAndNameAlone) {
  auto small = odd_config(), deep = odd_config();
  deep.num_hidden_layers = 3;
  const auto name = "bert.encoder.layer.1.output.dense.weight";
  const auto first = initialized_model(small)->named_parameters()[name];
  EXPECT_TRUE(first.equal(initialized_model(deep)->named_parameters()[name]));
  BertForPreTraining other(small);
  initialize_weights(other, 8);
  EXPECT_FALSE(first.equal(other->named_parameters()[name]));
}

TEST(Bert, InitialWeightsHaveTheSpreadAskedForAndAnEmptyPaddingRow) {
  auto config = odd_config();
  config.vocab_size = 3001;
  auto model = initialized_model(config);
  const auto words = model->bert->embeddings->word_embeddings->weight;
  const auto count = static_cast<double>(words.numel());
  EXPECT_NEAR(words.std().item<double>(), 0.02, 5 * 0.02 / std::sqrt(2 * count));
  EXPECT_NEAR(words.mean().item<double>(), 0, 5 * 0.02 / std::sqrt(count));
  EXPECT_EQ(words[0].abs().sum().item<double>(), 0);
  EXPECT_EQ(model->bert->encoder->layer[0]->named_parameters()["output.LayerNorm.weight"].sum().item<double>(), 32);
}

TEST(Bert, SinusoidalPositionsLeaveTheOtherInitialWeightsAsTheyAre) {
  auto config = odd_config();
  const auto normal = initialized_model(config)->named_parameters();
  config.position_initializer = "sinusoidal";
  const auto sinusoidal = initialized_model(config)->named_parameters();
  for (const auto& item : normal) {
    const bool is_position = item.key() == "bert.embeddings.position_embeddings.weight";
    EXPECT_EQ(item.value().equal(sinusoidal[item.key()]), !is_position) << item.key();
  }
}

TEST(Bert, SinusoidalPositionsHaveTheSpreadAskedForAndTheNearerAreTheMoreAlike) {
  auto config = odd_config();
  config.position_initializer = "sinusoidal";
  auto model = initialized_model(config);
  const auto positions = model->bert->embeddings->position_embeddings->weight.detach();
  EXPECT_NEAR(positions.pow(2).mean().item<double>(), 0.02 * 0.02, 1e-8);
  const auto lengths = positions.pow(2).sum(1, /*keepdim=*/true).sqrt();
  const auto cosines = positions.mm(positions.t()) / lengths.mm(lengths.t());  // [50, 50]
  for (const int far : {10, 20, 40})
    EXPECT_GT(cosines.diagonal(1).min().item<double>(), cosines.diagonal(far).max().item<double>() + 0.05) << far;
}

TEST(BertConfig, NamesTheFieldsThatContradictOneAnother) {
  auto config = odd_config();
  config.num_attention_heads = 5;
  EXPECT_ERROR(config.validate(), ErrorKind::kUsage, "hidden_size 32 is not a multiple of num_attention_heads 5");
  config = odd_config();
  config.hidden_act = "gelou";
  EXPECT_ERROR(config.validate(), ErrorKind::kUsage, "did you mean gelu");
}

TEST(Device, RefusesWhatIsNotThereInOneLine) {
  EXPECT_ERROR(resolve_device("gpu"), ErrorKind::kUsage, "must be cpu, cuda, cuda:N or auto");
  EXPECT_ERROR(resolve_device("cuda:x"), ErrorKind::kUsage, "must be cpu, cuda, cuda:N or auto");
  if (const std::string why = why_no_cuda(); !why.empty()) {
    EXPECT_ERROR(resolve_device("cuda"), ErrorKind::kUsage, "--device cuda: no CUDA device can be used: " + why);
    EXPECT_TRUE(resolve_device("auto").is_cpu());
  }
  EXPECT_TRUE(resolve_device("cpu").is_cpu());
}

}  // namespace
}  // namespace bertforge
