#include "bertforge/data/epoch_plan.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "support/error_matchers.h"
#include "support/toy_dataset.h"

namespace bertforge::testing {
namespace {

// All chunks that have an example, by walking from the first to the last.
std::vector<ChunkStart> walk(const SentenceIndex& index, const Pairing& pairing, const CounterRandom& epoch_random) {
  std::vector<ChunkStart> starts;
  for (ChunkStart start; start.document < index.num_documents();) {
    const ChunkStep step = pairing.step(index, start, epoch_random);
    if (step.has_example) starts.push_back(start);
    start = step.next;
  }
  return starts;
}

// Counts how often it is asked.
class CountingPairing : public Pairing {
 public:
  ChunkStep step(const SentenceIndex& index, ChunkStart start, const CounterRandom& epoch_random) const override {
    ++num_steps;
    return pairing_->step(index, start, epoch_random);
  }
  SentencePair make(const SentenceIndex& index, ChunkStart start, const CounterRandom& epoch_random) const override {
    return pairing_->make(index, start, epoch_random);
  }

  mutable std::int64_t num_steps = 0;

 private:
  std::unique_ptr<Pairing> pairing_ = make_pairing({.max_seq_length = 40});
};

class EpochPlans : public ::testing::Test {
 protected:
  ToyIndex toy_{uneven_documents(701)};  // More than two blocks of 256.
  SentenceIndex index_ = toy_.index();
  std::unique_ptr<Pairing> pairing_ = make_pairing({.max_seq_length = 40});
};

TEST_F(EpochPlans, FindEveryExampleThatAWalkMeets) {
  const EpochPlan plan(index_, *pairing_, CounterRandom(5), /*epoch=*/3);
  const auto starts = walk(index_, *pairing_, CounterRandom(5).fork(RandomPurpose::kPairing, 3));
  ASSERT_EQ(plan.num_examples(), std::ssize(starts));
  for (std::int64_t i = 0; i < plan.num_examples(); ++i) EXPECT_EQ(plan.find(i), starts[i]);
}

TEST_F(EpochPlans, FindExamplesBehindBlocksThatHaveNone) {
  // d2l pairs neighbours only: of 1,030 documents in five blocks, the second block's and the fourth's last one give examples.
  DocumentLengths lengths(1030, {7});
  lengths[511] = {3, 4, 5};
  lengths[1023] = {6, 7};
  const ToyIndex toy(lengths);
  const SentenceIndex index = toy.index();
  const auto pairing = make_pairing({.pairing = "d2l", .max_seq_length = 40});
  const EpochPlan plan(index, *pairing, CounterRandom(5), 0);
  ASSERT_EQ(plan.num_examples(), 3);
  EXPECT_EQ(plan.find(0), (ChunkStart{511, 0}));
  EXPECT_EQ(plan.find(1), (ChunkStart{511, 1}));
  EXPECT_EQ(plan.find(2), (ChunkStart{1023, 0}));
}

TEST_F(EpochPlans, PlaceEveryExampleOnceAndNotInOrder) {
  const EpochPlan plan(index_, *pairing_, CounterRandom(5), 0);
  std::set<std::pair<std::int64_t, std::int64_t>> seen;
  std::int64_t num_in_place = 0;
  for (std::int64_t i = 0; i < plan.num_examples(); ++i) {
    seen.emplace(plan.at(i).document, plan.at(i).sentence);
    num_in_place += plan.at(i) == plan.find(i);
  }
  EXPECT_EQ(std::ssize(seen), plan.num_examples());
  EXPECT_LT(num_in_place, 20);
}

// What a resume costs: one walk over the dataset, whatever epoch the run has come to, and a few steps to the example.
TEST_F(EpochPlans, OfALateEpochTakeOneWalkAndTheirLastExampleAFewSteps) {
  for (const std::int64_t epoch : {std::int64_t{0}, std::int64_t{1'000'000'000'000}}) {
    const CountingPairing pairing;
    const auto num_examples = std::ssize(
        walk(index_, pairing, CounterRandom(5).fork(RandomPurpose::kPairing, static_cast<std::uint64_t>(epoch))));
    const std::int64_t steps_of_a_walk = std::exchange(pairing.num_steps, 0);
    const EpochPlan plan(index_, pairing, CounterRandom(5), epoch);
    EXPECT_EQ(pairing.num_steps, steps_of_a_walk);
    ASSERT_EQ(plan.num_examples(), num_examples);
    pairing.num_steps = 0;
    plan.at(num_examples - 1);
    EXPECT_LE(pairing.num_steps, 16);
  }
}

TEST_F(EpochPlans, DoNotDependOnTheNumberOfThreads) {
  const EpochPlan one(index_, *pairing_, CounterRandom(5), 0, 1), three(index_, *pairing_, CounterRandom(5), 0, 3);
  ASSERT_EQ(one.num_examples(), three.num_examples());
  for (std::int64_t i = 0; i < one.num_examples(); i += 7) EXPECT_EQ(one.at(i), three.at(i));
}

TEST_F(EpochPlans, DifferFromEpochToEpochAndFromSeedToSeed) {
  const EpochPlan plan(index_, *pairing_, CounterRandom(5), 0);
  const EpochPlan next(index_, *pairing_, CounterRandom(5), 1), other(index_, *pairing_, CounterRandom(6), 0);
  const auto order = [](const EpochPlan& plan) {
    std::vector<std::pair<std::int64_t, std::int64_t>> order;
    for (std::int64_t i = 0; i < 100; ++i) order.emplace_back(plan.at(i).document, plan.at(i).sentence);
    return order;
  };
  EXPECT_NE(order(plan), order(next));
  EXPECT_NE(order(plan), order(other));
  EXPECT_NE(plan.masking_random({0, 0}).key(), next.masking_random({0, 0}).key());
}

TEST_F(EpochPlans, RefuseADatasetWithoutAnyPair) {
  const ToyIndex one_sentence(DocumentLengths{{7}});
  const SentenceIndex index = one_sentence.index();
  EXPECT_ERROR(EpochPlan(index, *pairing_, CounterRandom(5), 0), ErrorKind::kInput, "no example");
}

TEST_F(EpochPlans, KnowTheirBounds) {
  const EpochPlan plan(index_, *pairing_, CounterRandom(5), 0);
  EXPECT_ERROR(plan.find(plan.num_examples()), ErrorKind::kInternal, "example");
}

}  // namespace
}  // namespace bertforge::testing
