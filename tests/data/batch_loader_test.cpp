#include "bertforge/data/batch_loader.h"

#include <gtest/gtest.h>

#include <memory>

#include "data/batch_loading.h"
#include "support/error_matchers.h"

namespace bertforge::testing {
namespace {

TEST_F(BatchLoading, GivesTheSameExamplesForAnyNumberOfThreadsAndAnyPrefetch) {
  const auto expected = batches(config_, 40);
  LoaderConfig config = config_;
  for (const auto& [num_threads, prefetch] : {std::pair{3, 1}, {2, 7}, {4, 2}}) {
    config.num_threads = num_threads;
    config.prefetch = prefetch;
    EXPECT_TRUE(batches(config, 40) == expected) << num_threads;
  }
}

TEST_F(BatchLoading, GivesTheSameExamplesForAnyMicroBatch) {
  const auto expected = sequences(config_, 5);
  for (const std::int64_t size : {1, 4, 13, 100}) {
    LoaderConfig config = config_;
    config.micro_batch_size = size;
    EXPECT_EQ(sequences(config, 5), expected);
  }
}

TEST_F(BatchLoading, NumbersTheSequencesOfAnUpdateOverItsMicroBatches) {
  LoaderConfig config = config_;
  config.micro_batch_size = 5;
  BatchLoader loader(store_, tokenizer_, config);
  const GlobalBatch batch = loader.next();
  ASSERT_EQ(batch.micro_batches.size(), 3u);
  EXPECT_EQ(batch.micro_batches[1].first_example, 5);
  EXPECT_EQ(batch.micro_batches[2].first_example, 10);
  EXPECT_EQ(batch.micro_batches[2].num_sequences(), 3);
}

TEST_F(BatchLoading, GoesOnWhereItWasStopped) {
  const int num_updates = 40;
  const auto expected = sequences(config_, num_updates);
  BatchLoader loader(store_, tokenizer_, config_);
  for (int update = 1; update < num_updates; update += 6) {
    DataPosition position;
    BatchLoader until_there(store_, tokenizer_, config_);
    for (int i = 0; i < update; ++i) position = until_there.next().next;
    const std::vector<std::vector<TokenId>> rest(expected.begin() + 13 * update, expected.end());
    EXPECT_EQ(sequences(config_, num_updates - update, position), rest) << "after " << update;
  }
}

// Going through the epochs before would take years.
TEST_F(BatchLoading, BeginsAnywhereInTheStreamWithoutWhatComesBefore) {
  constexpr std::int64_t kEpoch = 1'000'000'000'000;
  const ExampleMaker maker(store_, tokenizer_, config_.pairing, config_.masking);
  const EpochPlan plan = maker.plan(CounterRandom(config_.seed), kEpoch);
  const std::int64_t last = plan.num_examples() - 13;
  for (const std::int64_t example : {std::int64_t{0}, last}) {
    BatchLoader loader(store_, tokenizer_, config_, {kEpoch, example, "", kEpoch * 200 + example});
    const GlobalBatch batch = loader.next();
    std::vector<Example> expected;
    for (std::int64_t i = 0; i < 13; ++i) expected.push_back(maker.make(plan, example + i));
    EXPECT_TRUE(batch.micro_batches[0] == collate(expected, 0)) << example;
    EXPECT_EQ(batch.next.epoch, example == last ? kEpoch + 1 : kEpoch);
  }
}

TEST_F(BatchLoading, FillsBatchesOverTheEndOfAnEpochAndDropsNothing) {
  BatchLoader loader(store_, tokenizer_, config_);
  const std::int64_t first_epoch = examples_of(0);
  ASSERT_NE(first_epoch % 13, 0);
  std::int64_t num_seen = 0;
  GlobalBatch batch;
  while (num_seen < first_epoch) {
    batch = loader.next();
    EXPECT_EQ(batch.micro_batches[0].num_sequences(), 13);
    num_seen += 13;
  }
  EXPECT_EQ(batch.next, (DataPosition{1, num_seen - first_epoch, "", num_seen}));
}

TEST_F(BatchLoading, StartsTheNextEpochWhereOneEndsWithABatch) {
  LoaderConfig config = config_;
  config.batch_size = examples_of(0);
  BatchLoader loader(store_, tokenizer_, config);
  EXPECT_EQ(loader.next().next, (DataPosition{1, 0, "", examples_of(0)}));
}

TEST_F(BatchLoading, CoversSeveralEpochsInOneBatch) {
  LoaderConfig config = config_;
  config.batch_size = examples_of(0) + examples_of(1) + 1;
  BatchLoader loader(store_, tokenizer_, config);
  EXPECT_EQ(loader.next().next, (DataPosition{2, 1, "", config.batch_size}));
}

TEST_F(BatchLoading, DrawsNewMasksAndANewOrderInEveryEpoch) {
  EXPECT_NE(sequences(config_, 1, {0, 0}), sequences(config_, 1, {1, 0}));
}

// Changing what a seed means breaks the resumption of everybody's runs.
TEST_F(BatchLoading, ASeedMeansTheSameExamplesForEver) {
  std::string bytes;
  for (const auto& ids : sequences(config_, 10))
    bytes.append(reinterpret_cast<const char*>(ids.data()), ids.size() * 4);
  EXPECT_EQ(content_hash(bytes), "bed1e103820cf93f");
}

TEST_F(BatchLoading, RefusesAPositionThatTheStreamDoesNotHave) {
  EXPECT_ERROR(BatchLoader(store_, tokenizer_, config_, {0, 100'000}), ErrorKind::kInput, "another dataset");
  EXPECT_ERROR(BatchLoader(store_, tokenizer_, config_, {-1, 0}), ErrorKind::kInput, "epoch -1");
}

TEST_F(BatchLoading, DividesABatchAmongAnyNumberOfRanks) {
  for (const std::int64_t length_window : {0, 64}) {
    LoaderConfig config = config_;
    config.length_window = length_window;
    const auto expected = sequences(config, 6);
    for (const std::int64_t num_ranks : {2, 3, 20}) {  // 20: more than a batch has sequences.
      config.num_ranks = num_ranks;
      std::vector<std::unique_ptr<BatchLoader>> loaders;
      for (config.rank = 0; config.rank < num_ranks; ++config.rank) {
        loaders.push_back(std::make_unique<BatchLoader>(store_, tokenizer_, config));
      }
      std::vector<std::vector<TokenId>> joined;
      for (int update = 0; update < 6; ++update) {
        std::int64_t first_example = 0;
        for (const auto& loader : loaders) {
          const GlobalBatch share = loader->next();
          for (const Batch& batch : share.micro_batches) {
            EXPECT_EQ(batch.first_example, first_example);
            first_example += batch.num_sequences();
          }
          append_sequences(share, joined);
        }
      }
      EXPECT_EQ(joined, expected) << num_ranks;
    }
  }
}

// 40 documents of two sentences of [UNK], which is never a target; where `with_word`, one of them has a word.
TokenStore unknown_store(const std::filesystem::path& folder, const Tokenizer& tokenizer, bool with_word) {
  TokenStoreWriter writer(folder, tokenizer);
  for (int document = 0; document < 40; ++document) {
    const std::vector<TokenId> ids = {1, 1, with_word && document == 17 ? 7 : 1};
    const std::vector<std::int64_t> lengths = {1, 2};
    writer.add_document(ids, lengths);
  }
  writer.publish({});
  return TokenStore(folder);
}

TEST(BatchTargets, ABatchHasOneEvenWhereItsOwnSequencesHaveNone) {
  const TempDir temp;
  const ToyTokenizer tokenizer;
  const TokenStore store = unknown_store(temp / "d", tokenizer, true);
  BatchLoader loader(store, tokenizer, {.batch_size = 2, .pairing = {.max_seq_length = 16}});
  for (int i = 0; i < 60; ++i) {
    const GlobalBatch batch = loader.next();
    ASSERT_EQ(batch.micro_batches.size(), 1u);
    EXPECT_EQ(batch.micro_batches[0].num_sequences(), 2);
    EXPECT_GE(batch.micro_batches[0].num_masked(), 1);
  }
}

TEST(BatchTargets, ADatasetWithoutAnyIsRefused) {
  const TempDir temp;
  const ToyTokenizer tokenizer;
  const TokenStore store = unknown_store(temp / "d", tokenizer, false);
  BatchLoader loader(store, tokenizer, {.batch_size = 2, .pairing = {.max_seq_length = 16}});
  EXPECT_ERROR(loader.next(), ErrorKind::kInput, "no token of the dataset can be predicted");
}

TEST_F(BatchLoading, RefusesATokenizerThatIsNotTheDatasets) {
  EXPECT_ERROR(BatchLoader(store_, ToyTokenizer(98), config_), ErrorKind::kInput, "another tokenizer");
}

TEST_F(BatchLoading, RefusesSettingsThatMeanNothing) {
  EXPECT_ERROR(BatchLoader(store_, tokenizer_, {.batch_size = 0}), ErrorKind::kUsage, "train.batch_size is 0");
  EXPECT_ERROR(BatchLoader(store_, tokenizer_, {.batch_tokens = 127}), ErrorKind::kUsage,
               "train.batch_tokens is 127, less than one sequence may have (data.max_seq_length 128)");
  EXPECT_ERROR(BatchLoader(store_, tokenizer_, {.prefetch = 0}), ErrorKind::kUsage, "prefetch");
}

}  // namespace
}  // namespace bertforge::testing
