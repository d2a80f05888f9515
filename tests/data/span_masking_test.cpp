#include <gtest/gtest.h>

#include <cmath>

#include "bertforge/data/masking.h"
#include "support/error_matchers.h"
#include "support/toy_dataset.h"

namespace bertforge::testing {
namespace {

constexpr TokenId kMaskId = 4;

// [CLS], `num_words` words of one piece, [SEP].
Example words(int num_words) {
  Example example;
  example.ids.push_back(2);
  for (int i = 0; i < num_words; ++i) example.ids.push_back(5 + i % 70);
  example.ids.push_back(3);
  example.segment_boundary = static_cast<std::int32_t>(example.ids.size());
  return example;
}

Example masked(Example example, const MaskingConfig& config, std::uint64_t seed) {
  CounterRandom random(seed);
  make_masking(config, ToyTokenizer())->mask(example, random);
  return example;
}

// Lengths of the runs of neighbouring targets.
std::vector<int> runs(const Example& example) {
  std::vector<int> lengths;
  std::int32_t before = -2;
  for (const std::int32_t position : example.masked_positions) {
    if (position == before + 1) {
      ++lengths.back();
    } else {
      lengths.push_back(1);
    }
    before = position;
  }
  return lengths;
}

TEST(SpanMasking, MeetsTheNumberOfPredictionsWhereWordsHaveOnePiece) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    EXPECT_EQ(masked(words(98), {.masking = "span"}, seed).masked_positions.size(), 15u);
  }
}

TEST(SpanMasking, HasSpansOfTheGeometricMeanUpToTheLongest) {
  // Twelve targets among 5,000 words: spans seldom touch.
  const MaskingConfig config{.masking = "span", .masked_lm_prob = 0.0024};
  constexpr int kSequences = 1500;
  double num_spans = 0;
  int longest = 0;
  for (std::uint64_t seed = 0; seed < kSequences; ++seed) {
    const std::vector<int> lengths = runs(masked(words(4998), config, seed));
    for (const int length : lengths) longest = std::max(longest, length);
    num_spans += static_cast<double>(lengths.size());
  }
  // How many spans fill the budget, by drawing lengths again where they exceed ten, as the paper says.
  CounterRandom random(99);
  double expected_spans = 0;
  constexpr int kRounds = 40'000;
  for (int round = 0; round < kRounds; ++round) {
    for (int left = 12; left > 0; ++expected_spans) {
      int length = 1;
      do {
        for (length = 1; random.unit() < 0.8; ++length) continue;
      } while (length > 10);
      left -= std::min(left, length);
    }
  }
  EXPECT_NEAR(num_spans / kSequences, expected_spans / kRounds, 0.03 * expected_spans / kRounds);
  EXPECT_GE(longest, 10);
}

TEST(SpanMasking, NeverSplitsAWordNorCrossesASpecialToken) {
  Example example;
  example.ids = {2, 10, 81, 83, 11, 12, 3, 13, 85, 14, 3};  // 10 81 83 and 13 85 are words.
  example.segment_boundary = 7;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const Example result = masked(example, {.masking = "span", .masked_lm_prob = 0.4}, seed);
    EXPECT_LE(result.masked_positions.size(), 4u);
    const auto has = [&](std::int32_t position) {
      return std::count(result.masked_positions.begin(), result.masked_positions.end(), position) == 1;
    };
    EXPECT_EQ(has(1), has(2));
    EXPECT_EQ(has(2), has(3));
    EXPECT_EQ(has(7), has(8));
    for (const TokenId label : result.masked_labels) EXPECT_GE(label, 5);
  }
}

TEST(SpanMasking, ReplacesAllOfASpanInOneWay) {
  // A single span of ten words: all masked, all kept, or all random.
  const MaskingConfig config{.masking = "span", .masked_lm_prob = 0.1, .span_continue_prob = 1, .max_span_words = 10};
  double num_masked = 0;
  constexpr int kRounds = 3000;
  int num_whole = 0;
  for (std::uint64_t seed = 0; seed < kRounds; ++seed) {
    const Example result = masked(words(98), config, seed);
    // Where the first word stood too near to the end, a second span makes up for what is missing.
    if (runs(result).size() != 1 || result.masked_positions.back() == 98) continue;
    ++num_whole;
    std::size_t masks = 0;
    for (const std::int32_t position : result.masked_positions) masks += result.ids[position] == kMaskId;
    num_masked += masks == 10;
    EXPECT_TRUE(masks == 10 || masks <= 4);  // Random entries are [MASK] once in 99.
  }
  EXPECT_NEAR(num_masked / num_whole, 0.8, 5 * std::sqrt(0.16 / num_whole));
}

TEST(SpanMasking, PuttingTheLabelsBackGivesTheTextAgain) {
  Example result = masked(words(40), {.masking = "span", .masked_lm_prob = 0.5}, 3);
  ASSERT_FALSE(result.masked_positions.empty());
  EXPECT_TRUE(std::is_sorted(result.masked_positions.begin(), result.masked_positions.end()));
  for (std::size_t i = 0; i < result.masked_positions.size(); ++i) {
    result.ids[result.masked_positions[i]] = result.masked_labels[i];
  }
  EXPECT_EQ(result.ids, words(40).ids);
}

TEST(Masking, NeverPredictsThePiecesNamedNeverMasked) {
  for (const char* name : {"token", "whole_word", "span"}) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      const MaskingConfig config{.masking = name, .masked_lm_prob = 0.9, .never_masked = {"7", "9"}};
      const Example result = masked(words(20), config, seed);
      for (const TokenId label : result.masked_labels) EXPECT_TRUE(label != 7 && label != 9) << name;
    }
  }
  EXPECT_ERROR(make_masking({.never_masked = {"what"}}, ToyTokenizer()), ErrorKind::kUsage, "what");
}

}  // namespace
}  // namespace bertforge::testing
