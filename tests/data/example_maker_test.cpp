#include "bertforge/data/example_maker.h"

#include <gtest/gtest.h>

#include "data/batch_loading.h"

namespace bertforge::testing {
namespace {

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
