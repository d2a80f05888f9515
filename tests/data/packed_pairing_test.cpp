#include <gtest/gtest.h>

#include "bertforge/data/epoch_plan.h"
#include "bertforge/data/example_maker.h"
#include "bertforge/data/pairing.h"
#include "data/walk_pairing.h"
#include "support/error_matchers.h"
#include "support/temp_dir.h"
#include "support/toy_dataset.h"

namespace bertforge::testing {
namespace {

const PairingConfig kPacked{.pairing = "none", .max_seq_length = 12, .short_seq_prob = 0};  // Ten tokens fit.

TEST(PackedPairing, TakesWholeSentencesAsLongAsTheyFit) {
  const ToyIndex toy({{4, 6, 5, 6, 2}});
  const auto packed = walk_pairing(toy.index(), kPacked);
  ASSERT_EQ(packed.size(), 3u);
  EXPECT_EQ(packed[0].pair.a, (TokenRange{0, 10}));
  EXPECT_EQ(packed[1].pair.a, (TokenRange{10, 15}));
  EXPECT_EQ(packed[2].pair.a, (TokenRange{15, 23}));
  EXPECT_EQ(packed[0].pair.b.size(), 0);
}

TEST(PackedPairing, GoesOnInTheNextDocumentWithRoomForItsSep) {
  const ToyIndex toy({{3}, {3}, {2}, {9}});
  const auto packed = walk_pairing(toy.index(), kPacked);
  ASSERT_EQ(packed.size(), 2u);
  EXPECT_EQ(packed[0].pair.a, (TokenRange{0, 8}));  // 3 + [SEP] + 3 + [SEP] + 2: all ten.
  EXPECT_EQ(packed[0].pair.document_ends, (std::vector<std::int64_t>{3, 6}));
  EXPECT_EQ(packed[1].pair.a, (TokenRange{8, 17}));
}

TEST(PackedPairing, CutsASentenceThatIsLongerThanASequence) {
  const ToyIndex toy({{25, 3}});
  const auto packed = walk_pairing(toy.index(), kPacked);
  ASSERT_EQ(packed.size(), 2u);
  EXPECT_EQ(packed[0].pair.a, (TokenRange{0, 10}));
  EXPECT_EQ(packed[1].pair.a, (TokenRange{25, 28}));
}

TEST(PackedPairing, EveryShortSentenceIsInExactlyOneSequence) {
  const ToyIndex toy(uneven_documents(300));
  std::int64_t expected = 0;
  for (const auto& [start, pair] : walk_pairing(toy.index(), {.pairing = "none", .max_seq_length = 64})) {
    EXPECT_EQ(pair.a.begin, expected);
    EXPECT_LE(pair.a.size() + std::ssize(pair.document_ends) + 2, 64);
    expected = pair.a.end;
  }
  EXPECT_EQ(expected, toy.index().tokens({0, toy.index().num_sentences()}).end);
}

TEST(PackedPairing, APlanOfManyDocumentsFindsEverySequenceOnAnyNumberOfThreads) {
  const ToyIndex toy(uneven_documents(701));  // More than two blocks of the plan.
  const PairingConfig config{.pairing = "none", .max_seq_length = 64};
  const auto pairing = make_pairing(config);
  const SentenceIndex index = toy.index();
  const EpochPlan plan(index, *pairing, CounterRandom(5), /*epoch=*/0, /*num_threads=*/3);
  std::int64_t expected = 0;
  for (std::int64_t i = 0; i < plan.num_examples(); ++i) {
    const SentencePair pair = plan.pair(plan.find(i));
    EXPECT_EQ(pair.a.begin, expected);
    expected = pair.a.end;
  }
  EXPECT_EQ(expected, index.tokens({0, index.num_sentences()}).end);
}

TEST(PackedPairing, AnExampleIsOneSegmentWithASepWhereADocumentEnds) {
  const TempDir temp;
  const ToyTokenizer tokenizer;
  const TokenStore store = make_store(temp / "dataset", tokenizer, {{2, 1}, {2}});  // 5 6 7 | 8 9
  const auto packed = walk_pairing(store.index(), kPacked);
  const Example example = assemble(store, packed.at(0).pair, tokenizer.special_tokens());
  EXPECT_EQ(example.ids, (std::vector<TokenId>{2, 5, 6, 7, 3, 8, 9, 3}));
  EXPECT_EQ(example.segment_boundary, 8);
}

TEST(PackedPairing, HasNoLabelsAndRefusesSettingsOfOthers) {
  EXPECT_FALSE(find_pairing("none").has_labels());
  EXPECT_ERROR(make_pairing({.pairing = "none", .short_seq_per_document = true}), ErrorKind::kUsage,
               "short_seq_per_document");
  EXPECT_ERROR(make_pairing({.pairing = "sop", .random_next_from_same_document = true}), ErrorKind::kUsage,
               "random_next_from_same_document");
}

}  // namespace
}  // namespace bertforge::testing
