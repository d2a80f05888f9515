// The fixed sample that held-out text is evaluated on: make_evaluation_batches of batch_loader.h.

#include <gtest/gtest.h>

#include "data/batch_loading.h"
#include "support/error_matchers.h"

namespace bertforge::testing {
namespace {

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

TEST_F(BatchLoading, EvaluatesOnAllExamplesWhereNoLimitIsGiven) {
  std::int64_t num_sequences = 0;
  for (const Batch& batch : make_evaluation_batches(store_, tokenizer_, config_, 0, 42))
    num_sequences += batch.num_sequences();
  const ExampleMaker maker(store_, tokenizer_, config_.pairing, config_.masking);
  const EpochPlan plan = maker.plan(CounterRandom(42).fork(RandomPurpose::kEvaluation), 0);
  EXPECT_EQ(num_sequences, plan.num_examples());
}

TEST_F(BatchLoading, RefusesToEvaluateOnLessThanNothing) {
  EXPECT_ERROR(make_evaluation_batches(store_, tokenizer_, config_, -1, 42), ErrorKind::kUsage, "max_examples is -1");
}

}  // namespace
}  // namespace bertforge::testing
