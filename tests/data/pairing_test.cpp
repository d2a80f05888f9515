#include "bertforge/data/pairing.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "bertforge/data/nsp_pairing.h"
#include "support/error_matchers.h"
#include "support/toy_dataset.h"

namespace bertforge::testing {
namespace {

// All chunks of all documents, and the pair of each.
struct Drawn {
  NspChunk chunk;
  SentencePair pair;
};
std::vector<Drawn> draw_all(const SentenceIndex& index, const PairingConfig& config, std::uint64_t seed = 7) {
  std::vector<Drawn> drawn;
  for (std::int64_t document = 0; document < index.num_documents(); ++document) {
    CounterRandom random = CounterRandom(seed).fork(RandomPurpose::kPairing, static_cast<std::uint64_t>(document));
    visit_nsp_chunks(index, {document, 0}, config, random, [&](const NspChunk& chunk, CounterRandom& chunk_random) {
      if (chunk.has_example()) drawn.push_back({chunk, draw_nsp_pair(index, chunk, config, chunk_random)});
      return true;
    });
  }
  return drawn;
}

// Five standard deviations of a share that is `p` in the mean.
double bound(double p, std::size_t num) { return 5 * std::sqrt(p * (1 - p) / static_cast<double>(num)); }

TEST(Pairing, APairFitsTheSequenceAndNeitherHalfIsEmpty) {
  const ToyIndex toy(uneven_documents(61));
  const auto drawn = draw_all(toy.index(), {.max_seq_length = 17});
  ASSERT_GT(drawn.size(), 500u);
  for (const auto& [chunk, pair] : drawn) {
    EXPECT_GE(pair.a.size(), 1);
    EXPECT_GE(pair.b.size(), 1);
    EXPECT_LE(pair.a.size() + pair.b.size(), 14);
  }
}

TEST(Pairing, FitsEvenTheShortestSequence) {
  const ToyIndex toy(uneven_documents(5));
  for (const auto& [chunk, pair] : draw_all(toy.index(), {.max_seq_length = 5})) {
    EXPECT_EQ(pair.a.size() + pair.b.size(), 2);
  }
}

TEST(Pairing, ATrueNextFollowsA) {
  const ToyIndex toy(uneven_documents(61));
  int num_true = 0;
  for (const auto& [chunk, pair] : draw_all(toy.index(), {.max_seq_length = 100'000})) {  // Nothing has to be cut.
    if (pair.is_random_next) continue;
    EXPECT_EQ(pair.b.begin, pair.a.end);
    ++num_true;
  }
  EXPECT_GT(num_true, 10);
}

TEST(Pairing, EachChunkBeginsWhereTheTextUsedBeforeItEnds) {
  const ToyIndex toy(uneven_documents(61));
  const SentenceIndex index = toy.index();
  std::int64_t expected_begin = 0;
  for (const auto& [chunk, pair] : draw_all(index, {.max_seq_length = 64})) {
    EXPECT_EQ(chunk.sentences.begin, expected_begin);
    expected_begin = chunk.is_random_next ? chunk.a_end : chunk.sentences.end;
  }
  EXPECT_EQ(expected_begin, index.num_sentences());
}

TEST(Pairing, ARandomNextComesFromAnotherDocument) {
  const ToyIndex toy(uneven_documents(3));
  const SentenceIndex index = toy.index();
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    for (const auto& [chunk, pair] : draw_all(index, {.max_seq_length = 32}, seed)) {
      if (!pair.is_random_next) continue;
      const TokenRange own = index.tokens(index.document(chunk.document));
      EXPECT_TRUE(pair.b.end <= own.begin || pair.b.begin >= own.end);
    }
  }
}

TEST(Pairing, EverySentenceOfEveryOtherDocumentCanOpenARandomNext) {
  const ToyIndex toy({{3, 3}, {3, 3, 3}, {3}});
  std::set<std::int64_t> starts;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    for (const auto& [chunk, pair] :
         draw_all(toy.index(), {.max_seq_length = 9}, seed)) {  // A and B are whole sentences.
      if (chunk.document == 1 && pair.is_random_next) starts.insert(pair.b.begin);
    }
  }
  EXPECT_EQ(starts, (std::set<std::int64_t>{0, 3, 15}));
}

TEST(Pairing, InASingleDocumentARandomNextIsNeitherPartOfANorWhatFollowsIt) {
  const ToyIndex toy({{5, 4, 6, 3, 7, 5, 4}});
  int num_random = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    for (const auto& [chunk, pair] : draw_all(toy.index(), {.max_seq_length = 100}, seed)) {
      if (!pair.is_random_next) continue;
      EXPECT_NE(pair.b.begin, pair.a.end);
      EXPECT_TRUE(pair.b.end <= pair.a.begin || pair.b.begin > pair.a.end);
      ++num_random;
    }
  }
  EXPECT_GT(num_random, 50);
}

TEST(Pairing, WithGooglesDefectsARandomNextMayBeTheTrueOne) {
  const ToyIndex toy({{5, 4, 6}});
  bool found = false;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    for (const auto& [chunk, pair] : draw_all(toy.index(), with_google_defects(PairingConfig()), seed)) {
      found |= pair.is_random_next && pair.b.begin == pair.a.end;
    }
  }
  EXPECT_TRUE(found);
}

TEST(Pairing, TwoSentencesThatAreAllThereIsAreNeverCalledRandom) {
  const ToyIndex toy({{5, 4}});
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    for (const auto& [chunk, pair] : draw_all(toy.index(), {.short_seq_prob = 0}, seed))
      EXPECT_FALSE(pair.is_random_next);
  }
}

TEST(Pairing, HalfOfTheChunksOfSeveralSentencesHaveARandomNext) {
  const ToyIndex toy(uneven_documents(997));
  std::size_t num = 0, num_random = 0;
  for (const auto& [chunk, pair] : draw_all(toy.index(), {.max_seq_length = 64})) {
    if (chunk.sentences.size() == 1) {
      EXPECT_TRUE(pair.is_random_next);
    } else {
      ++num;
      num_random += pair.is_random_next;
    }
  }
  EXPECT_NEAR(static_cast<double>(num_random) / static_cast<double>(num), 0.5, bound(0.5, num));
}

TEST(Pairing, AimsAtAShorterLengthOnceInTen) {
  CounterRandom random(3);
  const PairingConfig config{.max_seq_length = 33, .short_seq_prob = 0.1};
  std::size_t num_short = 0;
  constexpr std::size_t kDraws = 20'000;
  for (std::size_t i = 0; i < kDraws; ++i) {
    const std::int64_t target = draw_target_length(config, random);
    EXPECT_TRUE(target >= 2 && target <= 30);
    num_short += target < 30;
  }
  const double p = 0.1 * 28 / 29;  // Of the 29 lengths from 2 to 30, one is the longest.
  EXPECT_NEAR(static_cast<double>(num_short) / kDraws, p, bound(p, kDraws));
}

TEST(Pairing, TheShorterLengthHoldsForADocumentWhereGooglesDefectsAreKept) {
  const ToyIndex toy(uneven_documents(300));
  std::vector<std::set<std::int64_t>> mended(300), google(300);
  const PairingConfig config{.max_seq_length = 33, .short_seq_prob = 0.5};
  for (const auto& drawn : draw_all(toy.index(), config))
    mended[drawn.chunk.document].insert(drawn.chunk.target_length);
  for (const auto& drawn : draw_all(toy.index(), with_google_defects(config))) {
    google[drawn.chunk.document].insert(drawn.chunk.target_length);
  }
  EXPECT_TRUE(std::all_of(google.begin(), google.end(), [](const auto& targets) { return targets.size() == 1; }));
  EXPECT_TRUE(std::any_of(mended.begin(), mended.end(), [](const auto& targets) { return targets.size() > 1; }));
}

TEST(Pairing, CutsTheLongerAndWhereBothAreEqualB) {
  CounterRandom random(1);
  SentencePair pair{{0, 20}, {100, 103}, false};
  truncate_pair(pair, 10, random);
  EXPECT_EQ(pair.a.size(), 7);
  EXPECT_EQ(pair.b, (TokenRange{100, 103}));

  pair = {{0, 9}, {100, 109}, false};
  truncate_pair(pair, 9, random);
  EXPECT_EQ(pair.a.size(), 5);
  EXPECT_EQ(pair.b.size(), 4);
}

TEST(Pairing, CutsBothAtTheFrontAndAtTheBack) {
  CounterRandom random(1);
  SentencePair pair{{0, 200}, {1000, 1001}, false};
  truncate_pair(pair, 101, random);
  EXPECT_NEAR(static_cast<double>(pair.a.begin), 50, 5 * std::sqrt(100 * 0.25));
  EXPECT_EQ(pair.a.size(), 100);
}

TEST(Pairing, AnExampleMadeAloneIsTheOneOfTheSequence) {
  const ToyIndex toy(uneven_documents(61));
  const SentenceIndex index = toy.index();
  for (const PairingConfig& config :
       {PairingConfig{.max_seq_length = 40}, with_google_defects({.max_seq_length = 40})}) {
    const auto pairing = make_pairing(config);
    ChunkStart start;
    for (const auto& [chunk, pair] : draw_all(index, config)) {
      EXPECT_EQ(start.document, chunk.document);
      const SentencePair alone = pairing->make(index, start, CounterRandom(7));
      EXPECT_EQ(alone.a, pair.a);
      EXPECT_EQ(alone.b, pair.b);
      EXPECT_EQ(alone.is_random_next, pair.is_random_next);
      start = pairing->step(index, start, CounterRandom(7)).next;
    }
    EXPECT_EQ(start, (ChunkStart{61, 0}));
  }
}

TEST(Pairing, RefusesSettingsThatMeanNothing) {
  EXPECT_ERROR(make_pairing({.pairing = "npp"}), ErrorKind::kUsage, "nsp");
  EXPECT_ERROR(make_pairing({.max_seq_length = 4}), ErrorKind::kUsage, "max_seq_length");
  EXPECT_ERROR(make_pairing({.short_seq_prob = 1.5}), ErrorKind::kUsage, "short_seq_prob");
}

}  // namespace
}  // namespace bertforge::testing
