// How many sequences a batch has, and which: counted tokens, windows of like length, ramps.

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "data/batch_loading.h"
#include "support/error_matchers.h"

namespace bertforge::testing {
namespace {

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
        append_sequences(global, found);
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

TEST_F(BatchLoading, RefusesRampsThatCannotBe) {
  LoaderConfig config = config_;
  config.initial_batch_size = 14, config.batch_ramp_examples = 100;
  EXPECT_ERROR(config.validate(), ErrorKind::kUsage, "train.initial_batch_size 14 is larger than train.batch_size 13");
  config.initial_batch_size = 3, config.batch_ramp_examples = 0;
  EXPECT_ERROR(config.validate(), ErrorKind::kUsage,
               "train.initial_batch_size is 3 and train.batch_ramp is \"0 examples\"; a ramp has both");
  config.initial_batch_size = 0, config.batch_ramp_examples = 100;
  EXPECT_ERROR(config.validate(), ErrorKind::kUsage,
               "train.initial_batch_size is 0 and train.batch_ramp is \"100 examples\"; a ramp has both");
  config.initial_batch_size = 3, config.length_window = 26;
  EXPECT_ERROR(config.validate(), ErrorKind::kUsage, "it counts sequences as they are shuffled");
  config.length_window = 0, config.batch_tokens = 150;
  EXPECT_ERROR(config.validate(), ErrorKind::kUsage, "train.batch_tokens and train.length_window must be 0");
  config.batch_tokens = 0;
  config.validate();
}

}  // namespace
}  // namespace bertforge::testing
