#include "bertforge/data/batch_loader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <numeric>

#include "bertforge/data/example_maker.h"
#include "support/error_matchers.h"
#include "support/temp_dir.h"
#include "support/toy_dataset.h"

namespace bertforge::testing {
namespace {

class BatchLoading : public ::testing::Test {
 protected:
  // The sequences of the next updates, taken out of their batches again.
  static std::vector<std::vector<TokenId>> sequences(BatchLoader& loader, int num_updates) {
    std::vector<std::vector<TokenId>> all;
    for (int update = 0; update < num_updates; ++update) {
      for (const Batch& batch : loader.next().micro_batches) {
        for (std::int64_t b = 0; b < batch.num_sequences(); ++b) {
          all.emplace_back(batch.token_ids.begin() + batch.sequence_offsets[b],
                           batch.token_ids.begin() + batch.sequence_offsets[b + 1]);
        }
      }
    }
    return all;
  }
  std::vector<std::vector<TokenId>> sequences(const LoaderConfig& config, int num_updates,
                                              DataPosition start = {}) const {
    BatchLoader loader(store_, tokenizer_, config, start);
    return sequences(loader, num_updates);
  }

  std::int64_t examples_of(std::int64_t epoch) const {
    const ExampleMaker maker(store_, tokenizer_, config_.pairing, config_.masking);
    return maker.plan(CounterRandom(config_.seed), epoch).num_examples();
  }
  std::vector<Batch> batches(const LoaderConfig& config, int num_updates) const {
    BatchLoader loader(store_, tokenizer_, config);
    std::vector<Batch> all;
    for (int update = 0; update < num_updates; ++update) {
      for (Batch& batch : loader.next().micro_batches) all.push_back(std::move(batch));
    }
    return all;
  }

  const ToyTokenizer tokenizer_;
  const TempDir temp_;
  const TokenStore store_ = make_store(temp_ / "dataset", tokenizer_, uneven_documents(23));
  const LoaderConfig config_ = {.batch_size = 13, .pairing = {.max_seq_length = 40}};
};

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

TEST_F(BatchLoading, GrowsBatchesInALineWhileARampLasts) {
  LoaderConfig config = config_;
  config.initial_batch_size = 3, config.batch_ramp_examples = 100;
  BatchLoader loader(store_, tokenizer_, config);
  std::int64_t num_seen = 0;
  std::vector<std::int64_t> sizes;
  for (int update = 0; update < 20; ++update) {
    const GlobalBatch batch = loader.next();
    sizes.push_back(batch.micro_batches[0].num_sequences());
    num_seen += sizes.back();
    EXPECT_EQ(batch.next.examples_before, num_seen);
  }
  // 3 + 10 x (0, 3, 6, 10, 14, ...) / 100, rounded; 13 behind the ramp.
  const std::vector<std::int64_t> begin(sizes.begin(), sizes.begin() + 5);
  EXPECT_EQ(begin, (std::vector<std::int64_t>{3, 3, 4, 4, 4}));
  EXPECT_TRUE(std::ranges::is_sorted(sizes));
  EXPECT_EQ(sizes.back(), 13);
}

TEST_F(BatchLoading, GoesOnInsideARampWhereItWasStopped) {
  LoaderConfig config = config_;
  config.initial_batch_size = 1, config.batch_ramp_examples = 90;
  BatchLoader whole(store_, tokenizer_, config);
  std::vector<GlobalBatch> expected;
  for (int update = 0; update < 30; ++update) expected.push_back(whole.next());
  for (const std::size_t stop : {0, 5, 13, 28}) {
    BatchLoader resumed(store_, tokenizer_, config, expected[stop].next);
    EXPECT_TRUE(resumed.next().micro_batches == expected[stop + 1].micro_batches) << stop;
  }
}

TEST_F(BatchLoading, RefusesRampsThatFallOrNeverEnd) {
  LoaderConfig config = config_;
  config.initial_batch_size = 14, config.batch_ramp_examples = 100;
  EXPECT_ERROR(config.validate(), ErrorKind::kUsage, "a batch ramp from 14 to 13 sequences in 100 examples");
  config.initial_batch_size = 3, config.batch_ramp_examples = 0;
  EXPECT_ERROR(config.validate(), ErrorKind::kUsage, "takes 1 example at least");
  config.batch_ramp_examples = 100, config.length_window = 26;
  EXPECT_ERROR(config.validate(), ErrorKind::kUsage, "length_window are 0");
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

// The lengths of the sequences of each update, until the first epoch is over.
std::vector<std::vector<std::int64_t>> lengths_of_an_epoch(BatchLoader& loader) {
  std::vector<std::vector<std::int64_t>> updates;
  while (true) {
    const GlobalBatch global = loader.next();
    if (global.next.epoch > 0 && global.next.example > 0) return updates;  // Over the end.
    std::vector<std::int64_t>& lengths = updates.emplace_back();
    for (const Batch& batch : global.micro_batches) {
      for (std::int64_t b = 0; b < batch.num_sequences(); ++b) {
        lengths.push_back(batch.sequence_offsets[b + 1] - batch.sequence_offsets[b]);
      }
    }
    if (global.next.epoch > 0) return updates;
  }
}

std::int64_t sum_of(const std::vector<std::int64_t>& lengths) {
  return std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
}

TEST_F(BatchLoading, FillsABatchWithTokensWhereTheyAreCounted) {
  LoaderConfig config = config_;
  config.batch_tokens = 150;
  BatchLoader loader(store_, tokenizer_, config);
  const auto updates = lengths_of_an_epoch(loader);
  ASSERT_GT(updates.size(), 3u);
  for (std::size_t i = 0; i < updates.size(); ++i) {
    EXPECT_LE(sum_of(updates[i]), 150);
    if (i + 1 == updates.size()) break;
    EXPECT_GT(sum_of(updates[i]) + updates[i + 1].front(), 150) << "the next had room";
  }
}

TEST_F(BatchLoading, PutsExamplesOfLikeLengthTogetherAndLeavesNoneOut) {
  LoaderConfig config = config_;
  config.batch_size = 5;
  config.length_window = 1 << 20;  // The whole epoch.
  BatchLoader loader(store_, tokenizer_, config);
  const auto updates = lengths_of_an_epoch(loader);
  std::vector<std::int64_t> all, first_of_batches;
  std::int64_t num_between = 0;
  for (const auto& lengths : updates) {
    EXPECT_TRUE(std::ranges::is_sorted(lengths));
    all.insert(all.end(), lengths.begin(), lengths.end());
    first_of_batches.push_back(lengths.front());
    num_between += lengths.back() - lengths.front();
  }
  EXPECT_EQ(std::ssize(all), examples_of(0));
  EXPECT_FALSE(std::ranges::is_sorted(first_of_batches)) << "the order of the batches is drawn";
  EXPECT_LE(num_between, 40) << "sorted, all steps between lengths add up to the longest at most";
}

TEST_F(BatchLoading, GivesEachExampleOfAnEpochOnceWhateverTheWindow) {
  LoaderConfig config = config_;
  config.batch_size = 1;
  std::vector<std::vector<TokenId>> expected = sequences(config, static_cast<int>(examples_of(0)));
  std::ranges::sort(expected);
  config.batch_size = 7;
  for (const std::int64_t length_window : {1, 16, 1 << 20}) {
    for (const std::int64_t batch_tokens : {0, 120}) {
      config.length_window = length_window;
      config.batch_tokens = batch_tokens;
      BatchLoader loader(store_, tokenizer_, config);
      std::vector<std::vector<TokenId>> found;
      for (GlobalBatch global; global.next.epoch == 0;) {
        global = loader.next();
        for (const Batch& batch : global.micro_batches) {
          for (std::int64_t b = 0; b < batch.num_sequences(); ++b) {
            found.emplace_back(batch.token_ids.begin() + batch.sequence_offsets[b],
                               batch.token_ids.begin() + batch.sequence_offsets[b + 1]);
          }
        }
      }
      std::ranges::sort(found);
      EXPECT_EQ(found, expected) << length_window << ", " << batch_tokens;
    }
  }
}

TEST_F(BatchLoading, GoesOnInsideAWindowWhereItWasStopped) {
  for (const std::int64_t batch_tokens : {0, 120}) {
    LoaderConfig config = config_;
    config.batch_size = 4;
    config.batch_tokens = batch_tokens;
    config.length_window = 16;
    BatchLoader whole(store_, tokenizer_, config);
    std::vector<DataPosition> ends;
    std::vector<GlobalBatch> expected;
    for (int i = 0; i < 40; ++i) {
      expected.push_back(whole.next());
      ends.push_back(expected.back().next);
    }
    for (const int stop : {0, 1, 7, 30}) {
      BatchLoader resumed(store_, tokenizer_, config, ends[stop]);
      EXPECT_TRUE(resumed.next().micro_batches == expected[stop + 1].micro_batches) << stop << ", " << batch_tokens;
    }
  }
}

TEST_F(BatchLoading, RefusesAPositionOfAnotherOrderOrInsideOfABatch) {
  LoaderConfig config = config_;
  EXPECT_ERROR(BatchLoader(store_, tokenizer_, config, {0, 13, "windows of 26 in batches of 13 sequences"}),
               ErrorKind::kInput,
               "which was gone through in windows of 26 in batches of 13 sequences, not in batches as");
  config.length_window = 20;  // Rounded up to 26.
  EXPECT_ERROR(BatchLoader(store_, tokenizer_, config, {0, 13}), ErrorKind::kInput,
               "which was gone through in batches as they are shuffled, not in windows of 26");
  EXPECT_ERROR(BatchLoader(store_, tokenizer_, config, {0, 3, "windows of 26 in batches of 13 sequences"}),
               ErrorKind::kInput, "no batch begins at example 3 of epoch 0");
  BatchLoader(store_, tokenizer_, config, {1, 0}).next();  // Between epochs the order may change.
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
            for (std::int64_t b = 0; b < batch.num_sequences(); ++b) {
              joined.emplace_back(batch.token_ids.begin() + batch.sequence_offsets[b],
                                  batch.token_ids.begin() + batch.sequence_offsets[b + 1]);
            }
          }
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
  EXPECT_ERROR(BatchLoader(store_, tokenizer_, {.batch_size = 0}), ErrorKind::kUsage, "batch_size");
  EXPECT_ERROR(BatchLoader(store_, tokenizer_, {.prefetch = 0}), ErrorKind::kUsage, "prefetch");
}

TEST_F(BatchLoading, EvaluatesOnTheSameTargetsEachTime) {
  LoaderConfig config = config_;
  config.micro_batch_size = 8;
  const auto first = make_evaluation_batches(store_, tokenizer_, config, 21, 42);
  config.num_threads = 3;
  config.seed = 1;
  const auto second = make_evaluation_batches(store_, tokenizer_, config, 21, 42);
  ASSERT_EQ(first.size(), 3u);
  EXPECT_EQ(first[2].num_sequences(), 5);
  EXPECT_EQ(first[2].first_example, 16);
  EXPECT_TRUE(first == second);
  EXPECT_NE(make_evaluation_batches(store_, tokenizer_, config, 21, 43)[0].token_ids, first[0].token_ids);
}

TEST_F(BatchLoading, RefusesToEvaluateOnLessThanNothing) {
  EXPECT_ERROR(make_evaluation_batches(store_, tokenizer_, config_, -1, 42), ErrorKind::kUsage, "max_examples is -1");
}

TEST_F(BatchLoading, EvaluatesOnAllExamplesWhereNoLimitIsGiven) {
  std::int64_t num_sequences = 0;
  for (const Batch& batch : make_evaluation_batches(store_, tokenizer_, config_, 0, 42))
    num_sequences += batch.num_sequences();
  const ExampleMaker maker(store_, tokenizer_, config_.pairing, config_.masking);
  const EpochPlan plan = maker.plan(CounterRandom(42).fork(RandomPurpose::kEvaluation), 0);
  EXPECT_EQ(num_sequences, plan.num_examples());
}

TEST_F(BatchLoading, MakesExamplesOfTheDatasetsOwnTokens) {
  const ExampleMaker maker(store_, tokenizer_, config_.pairing, config_.masking);
  const EpochPlan plan = maker.plan(CounterRandom(9), 0);
  for (std::int64_t position = 0; position < plan.num_examples(); ++position) {
    const Example masked = maker.make(plan, position);
    Example unmasked = masked;
    for (std::size_t i = 0; i < masked.masked_positions.size(); ++i) {
      unmasked.ids[masked.masked_positions[i]] = masked.masked_labels[i];
    }
    const SentencePair pair = plan.pair(plan.at(position));
    EXPECT_EQ(unmasked.ids, assemble(store_, pair, tokenizer_.special_tokens()).ids);
    EXPECT_EQ(masked.ids.front(), 2);
    EXPECT_EQ(masked.ids[masked.segment_boundary - 1], 3);
    EXPECT_EQ(masked.ids.back(), 3);
    EXPECT_EQ(masked.segment_boundary, pair.a.size() + 2);
    EXPECT_LE(masked.ids.size(), 40u);
  }
}

}  // namespace
}  // namespace bertforge::testing
