#include "bertforge/train/evaluator.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>

#include "toy_training.h"

namespace bertforge {
namespace {

using testing::toy_train_config;
using testing::ToyTraining;

TEST(FrequencyBands, AreByPowersOfTenOfTheRanksInTrainingText) {
  std::vector<std::int64_t> counts(25, 1);
  counts[20] = 9;
  counts[3] = 5;
  const FrequencyBands bands = frequency_bands(counts);
  ASSERT_EQ(bands.bands.size(), 2u);
  EXPECT_EQ(bands.bands[0].first_rank, 1);
  EXPECT_EQ(bands.bands[0].last_rank, 10);
  EXPECT_EQ(bands.bands[1].first_rank, 11);
  EXPECT_EQ(bands.bands[1].last_rank, 25);
  EXPECT_EQ(bands.of_piece[20], 0u);
  EXPECT_EQ(bands.of_piece[8], 0u);  // Ranks: 20, 3, and then the others by id; 8 is the tenth.
  EXPECT_EQ(bands.of_piece[9], 1u);
  EXPECT_EQ(bands.of_piece[24], 1u);
}

TEST(Evaluator, TellsAccuraciesByTheFrequencyOfThePieces) {
  ToyTraining training(toy_train_config(1));
  auto batches = make_evaluation_batches(training.store, training.tokenizer, training.loader_config(), 10, 1);
  std::vector<std::int64_t> counts(99);
  for (std::size_t id = 0; id < counts.size(); ++id) counts[id] = static_cast<std::int64_t>(id);
  const Evaluator evaluator(batches, make_objectives({"masked_lm"}), torch::kCPU, counts);
  const EvaluationReport report = evaluator.evaluate(training.model);
  ASSERT_EQ(report.frequency_bands.size(), 2u);
  std::int64_t frequent = 0;
  for (const Batch& batch : batches) {
    frequent += std::ranges::count_if(batch.masked_labels, [](TokenId label) { return label >= 89; });
  }
  EXPECT_EQ(report.frequency_bands[0].count, frequent);
  EXPECT_EQ(report.frequency_bands[0].count + report.frequency_bands[1].count, report.terms[0].count);
  EXPECT_EQ(report.frequency_bands[0].correct + report.frequency_bands[1].correct, report.terms[0].correct);
}

TEST(Evaluator, GivesTheSameAnswerWhateverTheBatchSize) {
  ToyTraining training(toy_train_config(1));
  auto config = training.loader_config();
  const auto evaluate = [&](std::int64_t size) {
    config.micro_batch_size = size;
    const Evaluator evaluator(make_evaluation_batches(training.store, training.tokenizer, config, 6, 1),
                              make_objectives({"masked_lm", "next_sentence"}), torch::kCPU, {});
    return evaluator.evaluate(training.model);
  };
  const auto one = evaluate(1), six = evaluate(6);
  EXPECT_EQ(one.num_examples, six.num_examples);
  EXPECT_EQ(one.find("masked_lm")->count, six.find("masked_lm")->count);
  EXPECT_NEAR(one.find("masked_lm")->loss(), six.find("masked_lm")->loss(), 1e-5);
  EXPECT_NEAR(one.find("next_sentence")->loss(), six.find("next_sentence")->loss(), 1e-5);
  EXPECT_FALSE(one.unigram_baseline);
}

TEST(Evaluator, BaselineIsTheCrossEntropyUnderCountsPlusOne) {
  Batch batch;
  batch.masked_labels = {0, 2};
  const std::vector<std::int64_t> counts = {5, 0, 1};  // Plus one each: 6/9, 1/9, 2/9.
  EXPECT_NEAR(unigram_cross_entropy(std::span(&batch, 1), counts), -(std::log(6 / 9.0) + std::log(2 / 9.0)) / 2, 1e-12);
}

}  // namespace
}  // namespace bertforge
