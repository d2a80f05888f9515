#include <gtest/gtest.h>

#include <cmath>

#include "bertforge/data/pairing.h"
#include "data/walk_pairing.h"
#include "support/toy_dataset.h"

namespace bertforge::testing {
namespace {

constexpr std::int64_t kLong = 1000;  // Every pair fits.

TEST(D2lPairing, MakesAPairOfEverySentenceThatHasOneBehindIt) {
  const ToyIndex toy({{3, 4, 5}, {6}, {7, 8}});
  const auto pairs = walk_pairing(toy.index(), {.pairing = "d2l", .max_seq_length = kLong});
  std::vector<ChunkStart> starts;
  for (const WalkedPair& walked : pairs) starts.push_back(walked.start);
  EXPECT_EQ(starts, (std::vector<ChunkStart>{{0, 0}, {0, 1}, {2, 0}}));
}

TEST(D2lPairing, BIsTheSentenceBehindAOrOneOfAnotherDocument) {
  const ToyIndex toy(uneven_documents(61));
  const SentenceIndex index = toy.index();
  for (const auto& [start, pair] : walk_pairing(index, {.pairing = "d2l", .max_seq_length = kLong})) {
    const TokenRange own = index.tokens(index.document(start.document));
    EXPECT_EQ(pair.a, index.tokens({index.document(start.document).begin + start.sentence,
                                    index.document(start.document).begin + start.sentence + 1}));
    if (pair.is_random_next) {
      EXPECT_TRUE(pair.b.end <= own.begin || pair.b.begin >= own.end);
    } else {
      EXPECT_EQ(pair.b.begin, pair.a.end);
    }
  }
}

TEST(D2lPairing, HalfOfTheBsAreRandom) {
  const ToyIndex toy(uneven_documents(997));
  const auto pairs = walk_pairing(toy.index(), {.pairing = "d2l", .max_seq_length = kLong});
  double num_random = 0;
  for (const auto& [start, pair] : pairs) num_random += pair.is_random_next;
  const auto num = static_cast<double>(pairs.size());
  EXPECT_NEAR(num_random / num, 0.5, 5 * std::sqrt(0.25 / num));
}

TEST(D2lPairing, LeavesOutPairsThatDoNotFitAndCutsNone) {
  const ToyIndex toy({{10, 10, 11, 10, 10}});  // With max_seq_length 23, 10 and 10 fit.
  const auto pairs =
      walk_pairing(toy.index(), {.pairing = "d2l", .max_seq_length = 23, .random_next_from_same_document = true});
  for (const auto& [start, pair] : pairs) EXPECT_EQ(pair.a.size() + pair.b.size(), 20);
  EXPECT_LT(pairs.size(), 4u);
}

TEST(D2lPairing, TwoSentencesThatAreAllThereIsAreNeverCalledRandom) {
  const ToyIndex toy({{5, 4}});
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    for (const auto& [start, pair] : walk_pairing(toy.index(), {.pairing = "d2l"}, seed)) {
      EXPECT_FALSE(pair.is_random_next);
    }
  }
}

}  // namespace
}  // namespace bertforge::testing
