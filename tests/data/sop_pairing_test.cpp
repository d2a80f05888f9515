#include <gtest/gtest.h>

#include <cmath>

#include "bertforge/data/pairing.h"
#include "data/walk_pairing.h"
#include "support/toy_dataset.h"

namespace bertforge::testing {
namespace {

TEST(SopPairing, BFollowsAOrTheTwoAreSwapped) {
  const ToyIndex toy(uneven_documents(61));
  const auto pairs =
      walk_pairing(toy.index(), {.pairing = "sop", .max_seq_length = 100'000});  // Nothing has to be cut.
  ASSERT_GT(pairs.size(), 50u);
  for (const auto& [start, pair] : pairs) {
    EXPECT_EQ(pair.is_random_next ? pair.b.end : pair.a.end, pair.is_random_next ? pair.a.begin : pair.b.begin);
    const TokenRange own = toy.index().tokens(toy.index().document(start.document));
    EXPECT_GE(std::min(pair.a.begin, pair.b.begin), own.begin);
    EXPECT_LE(std::max(pair.a.end, pair.b.end), own.end);
  }
}

TEST(SopPairing, HalfOfThePairsAreSwapped) {
  const ToyIndex toy(uneven_documents(997));
  const auto pairs = walk_pairing(toy.index(), {.pairing = "sop", .max_seq_length = 40});
  double num_swapped = 0;
  for (const auto& [start, pair] : pairs) num_swapped += pair.is_random_next;
  const auto num = static_cast<double>(pairs.size());
  EXPECT_NEAR(num_swapped / num, 0.5, 5 * std::sqrt(0.25 / num));
}

TEST(SopPairing, APairFitsTheSequenceAndNeitherHalfIsEmpty) {
  const ToyIndex toy(uneven_documents(61));
  for (const auto& [start, pair] : walk_pairing(toy.index(), {.pairing = "sop", .max_seq_length = 9})) {
    EXPECT_GE(pair.a.size(), 1);
    EXPECT_GE(pair.b.size(), 1);
    EXPECT_LE(pair.a.size() + pair.b.size(), 6);
  }
}

TEST(SopPairing, ASentenceLeftAloneAtADocumentsEndGivesNoExample) {
  const ToyIndex toy({{9, 9, 9}, {9}});
  const auto pairs = walk_pairing(toy.index(), {.pairing = "sop", .max_seq_length = 21, .short_seq_prob = 0});
  ASSERT_EQ(pairs.size(), 1u);
  EXPECT_EQ(std::min(pairs[0].pair.a.begin, pairs[0].pair.b.begin), 0);
  EXPECT_EQ(std::max(pairs[0].pair.a.end, pairs[0].pair.b.end), 18);
}

TEST(SopPairing, TakesTwoSentencesEvenWhereTheFirstFillsTheSequence) {
  const ToyIndex toy({{50, 3}});
  const auto pairs = walk_pairing(toy.index(), {.pairing = "sop", .max_seq_length = 23});
  ASSERT_EQ(pairs.size(), 1u);
  EXPECT_EQ(pairs[0].pair.a.size() + pairs[0].pair.b.size(), 20);
}

}  // namespace
}  // namespace bertforge::testing
