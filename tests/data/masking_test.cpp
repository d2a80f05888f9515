#include "bertforge/data/masking.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/error_matchers.h"
#include "support/toy_dataset.h"

namespace bertforge::testing {
namespace {

constexpr TokenId kUnknown = 1, kCls = 2, kSep = 3, kMask = 4;

// [CLS] 10 11 ... [SEP] 20 21 ... [SEP], T = 17.
Example pair_of_17() {
  Example example;
  example.ids = {2, 10, 11, 12, 13, 14, 15, 3, 20, 21, 22, 23, 24, 25, 26, 27, 3};
  example.segment_boundary = 8;
  return example;
}

// 81, 83, ... continue a word.
MaskingVocabulary vocabulary(const MaskingConfig& config = {}) { return masking_vocabulary(ToyTokenizer(), config); }

std::vector<std::vector<std::int32_t>> as_lists(const MaskingGroups& groups) {
  std::vector<std::vector<std::int32_t>> lists;
  for (std::int32_t g = 0; g < groups.size(); ++g) {
    lists.emplace_back(groups.positions.begin() + groups.begins[g], groups.positions.begin() + groups.begins[g + 1]);
  }
  return lists;
}

TEST(Masking, RoundsHalfToEvenAsTheReferenceDoes) {
  EXPECT_EQ(num_predictions(30, {}), 4);
  EXPECT_EQ(num_predictions(50, {}), 8);
}

TEST(Masking, PredictsAtLeastOnePieceAndAtMostTheLimit) {
  EXPECT_EQ(num_predictions(3, {}), 1);
  EXPECT_EQ(num_predictions(512, {.max_predictions_per_seq = 20}), 20);
}

TEST(Masking, PutsEachTokenIntoAGroupOfItsOwnButForSpecialOnes) {
  const std::vector<TokenId> ids = {kCls, 10, 81, kUnknown, kSep, 83, 0, kSep};
  EXPECT_EQ(as_lists(group_tokens(ids, vocabulary())), (std::vector<std::vector<std::int32_t>>{{1}, {2}, {5}}));
  EXPECT_EQ(as_lists(group_tokens(ids, vocabulary({.mask_unknown = true}))),
            (std::vector<std::vector<std::int32_t>>{{1}, {2}, {3}, {5}}));
}

TEST(Masking, KeepsThePiecesOfAWordTogether) {
  const std::vector<TokenId> ids = {kCls, 10, 81, 83, 11, kSep, 12, 85, kSep};
  EXPECT_EQ(as_lists(group_words(ids, vocabulary(), false)),
            (std::vector<std::vector<std::int32_t>>{{1, 2, 3}, {4}, {6, 7}}));
}

TEST(Masking, AWordCutAtTheFrontOfBStandsAloneUnlessWordsCrossSegments) {
  const std::vector<TokenId> ids = {kCls, 81, 10, kSep, 83, 85, 11, kSep};
  EXPECT_EQ(as_lists(group_words(ids, vocabulary(), false)),
            (std::vector<std::vector<std::int32_t>>{{1}, {2}, {4, 5}, {6}}));
  EXPECT_EQ(as_lists(group_words(ids, vocabulary(), true)),
            (std::vector<std::vector<std::int32_t>>{{1}, {2, 4, 5}, {6}}));
}

TEST(Masking, GivesNoTargetWhereNothingMayBeMasked) {
  Example example;
  example.ids = {kCls, kUnknown, kSep, kUnknown, kSep};
  CounterRandom random(1);
  make_masking({}, ToyTokenizer())->mask(example, random);
  EXPECT_TRUE(example.masked_positions.empty());
  EXPECT_EQ(example.ids, (std::vector<TokenId>{kCls, kUnknown, kSep, kUnknown, kSep}));
}

TEST(Masking, NeverPredictsSpecialTokens) {
  const ToyTokenizer tokenizer;
  for (const char* name : {"token", "whole_word"}) {
    const auto masking = make_masking({.masking = name, .masked_lm_prob = 0.5}, tokenizer);
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      Example example = pair_of_17();
      example.ids[5] = kUnknown;
      CounterRandom random(seed);
      masking->mask(example, random);
      for (const TokenId label : example.masked_labels) EXPECT_GE(label, 5);
    }
  }
}

TEST(Masking, PuttingTheLabelsBackGivesThePairAgain) {
  Example example = pair_of_17();
  CounterRandom random(7);
  make_masking({.masked_lm_prob = 0.5}, ToyTokenizer())->mask(example, random);
  ASSERT_EQ(example.masked_positions.size(), 8u);
  EXPECT_TRUE(std::is_sorted(example.masked_positions.begin(), example.masked_positions.end()));
  for (std::size_t i = 0; i < 8; ++i) example.ids[example.masked_positions[i]] = example.masked_labels[i];
  EXPECT_EQ(example.ids, pair_of_17().ids);
}

TEST(Masking, LeavesOutAGroupThatWouldExceedTheLimit) {
  const MaskingGroups words = {.positions = {1, 2, 3, 4, 5, 6, 8}, .begins = {0, 6, 7}};
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Example example = pair_of_17();
    CounterRandom random(seed);
    mask_groups(example, words, vocabulary(), {}, random);  // Three predictions allowed.
    EXPECT_EQ(example.masked_positions, std::vector<std::int32_t>{8});
  }
}

TEST(Masking, PredictsEveryPositionEquallyOften) {
  constexpr int kRounds = 6000;
  const auto masking = make_masking({.masked_lm_prob = 0.2}, ToyTokenizer());  // 3 of the 14 maskable ones.
  std::vector<int> counts(17);
  for (int seed = 0; seed < kRounds; ++seed) {
    Example example = pair_of_17();
    CounterRandom random(static_cast<std::uint64_t>(seed));
    masking->mask(example, random);
    for (const std::int32_t position : example.masked_positions) ++counts[position];
  }
  const double p = 3.0 / 14;
  for (int position = 0; position < 17; ++position) {
    const bool is_special = position == 0 || position == 7 || position == 16;
    EXPECT_NEAR(counts[position], is_special ? 0 : p * kRounds, is_special ? 0 : 5 * std::sqrt(p * (1 - p) * kRounds));
  }
}

TEST(Masking, ReplacesEightyTenTenWithinTheBinomialBound) {
  const auto masking = make_masking({.masked_lm_prob = 0.5}, ToyTokenizer());
  int num_masked = 0, num_kept = 0, num_total = 0;
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    Example example = pair_of_17();
    CounterRandom random(seed);
    masking->mask(example, random);
    for (std::size_t i = 0; i < example.masked_positions.size(); ++i, ++num_total) {
      num_masked += example.ids[example.masked_positions[i]] == kMask;
      num_kept += example.ids[example.masked_positions[i]] == example.masked_labels[i];
    }
  }
  // Five standard deviations; a random entry is [MASK], or the piece itself, once in 99.
  const auto bound = [&](double p) { return 5 * std::sqrt(p * (1 - p) * num_total); };
  EXPECT_NEAR(num_masked, (0.8 + 0.1 / 99) * num_total, bound(0.8));
  EXPECT_NEAR(num_kept, (0.1 + 0.1 / 99) * num_total, bound(0.1));
}

TEST(Masking, AShareOfOneMasksAllTargets) {
  Example example = pair_of_17();
  CounterRandom random(7);
  make_masking({.masked_lm_prob = 1, .mask_share = 1, .random_share = 0}, ToyTokenizer())->mask(example, random);
  EXPECT_EQ(std::count(example.ids.begin(), example.ids.end(), kMask), 14);
}

TEST(Masking, RefusesSettingsThatMeanNothing) {
  const ToyTokenizer tokenizer;
  EXPECT_ERROR(make_masking({.masking = "wholeword"}, tokenizer), ErrorKind::kUsage, "whole_word");
  EXPECT_ERROR(make_masking({.mask_share = 0.8, .random_share = 0.3}, tokenizer), ErrorKind::kUsage, "random_share");
  EXPECT_ERROR(make_masking({.max_predictions_per_seq = 0}, tokenizer), ErrorKind::kUsage, "max_predictions_per_seq");
}

TEST(Maskings, AreFoundByNameAndOthersRefused) {
  for (const MaskingEntry& entry : maskings()) EXPECT_EQ(find_masking(entry.name).make, entry.make);
  EXPECT_ERROR(find_masking("whole_words"), ErrorKind::kUsage,
               "it must be one of token, whole_word, span; did you mean whole_word?");
}

}  // namespace
}  // namespace bertforge::testing
