// What a step of the fused path allocates once its buffers have grown.

#include <gtest/gtest.h>

#include "bertforge/train/gradients.h"
#include "toy_training.h"
#include "watched_memory.h"

namespace bertforge::testing {
namespace {

class WarmStep : public ::testing::TestWithParam<Precision> {};

// Ids, rows of targets and the like are made for every batch; rows of hidden states, vocabulary scores and weights are not.
TEST_P(WarmStep, AllocatesNothingAsLargeAsTheHiddenStates) {
  // The hidden states are larger than what oneDNN takes for a product of the heads (some 400 bytes for each sequence or
  // target), and smaller than vocabulary scores and the word embeddings.
  TrainConfig config = toy_train_config(1);
  config.batch_size = 64;
  BertConfig model = toy_model_config();
  model.hidden_size = 64;
  model.vocab_size = 1999;
  ToyTraining training(config, {}, GetParam(), model);
  BatchLoader loader(training.store, training.tokenizer, training.loader_config());
  const auto objectives = make_objectives(training.config.objectives);
  const GlobalBatch batch = loader.next();
  const auto step = [&](std::uint64_t dropout_key) {
    training.parameters->zero_gradients();
    accumulate_gradients(training.model, *training.parameters, objectives, batch, {.dropout_key = dropout_key});
    training.optimizer->update(static_cast<std::int64_t>(dropout_key), 1e-3,
                               clip_factor(training.optimizer->gradient_norm(), 1.0));
  };
  const auto number = static_cast<std::size_t>(at::elementSize(scalar_type(GetParam())));
  const auto rows = static_cast<std::size_t>(batch.micro_batches.front().num_tokens());
  const std::size_t hidden_states = rows * static_cast<std::size_t>(model.hidden_size) * number;

  {
    const WatchedMemory cold;
    step(1);
    EXPECT_GE(cold.largest(), hidden_states);
  }
  step(2);
  const WatchedMemory warm;
  step(3);
  EXPECT_GT(warm.largest(), 0u);
  EXPECT_LT(warm.largest(), hidden_states);
}

INSTANTIATE_TEST_SUITE_P(InBothPrecisions, WarmStep, ::testing::Values(Precision::kFloat32, Precision::kBfloat16),
                         [](const auto& test) { return to_string(test.param); });

}  // namespace
}  // namespace bertforge::testing
