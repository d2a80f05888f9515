#include "bertforge/text/pair_trainer.h"

#include <gmock/gmock.h>

#include <map>

#include "support/error_matchers.h"

namespace bertforge {
namespace {

using ::testing::ElementsAre;
using Pieces = std::vector<std::string>;

VocabularyConfig small(std::int64_t vocab_size) {
  return {.vocab_size = vocab_size, .min_frequency = 2, .special_tokens = {"[UNK]"}};
}

TEST(PairTrainer, JoinsTheMostFrequentPairFirst) {
  // a ##b stands seven times, ##b ##c four times; then ab ##c four times.
  EXPECT_THAT(train_pairs({{"ab", 3}, {"abc", 4}}, small(8)),
              ElementsAre("[UNK]", "a", "b", "c", "##b", "##c", "ab", "abc"));
}

TEST(PairTrainer, SettlesEqualCountsByTheStringsOfThePair) {
  EXPECT_EQ(train_pairs({{"ba", 3}, {"xy", 3}, {"yx", 3}}, small(100)).back(), "yx");
  EXPECT_THAT(train_pairs({{"yx", 3}, {"xy", 3}}, small(6)), ElementsAre("[UNK]", "x", "y", "##x", "##y", "xy"));
}

TEST(PairTrainer, StopsWherePairsAreTooRare) {
  EXPECT_THAT(train_pairs({{"ab", 1}, {"cd", 2}}, small(100)),
              ElementsAre("[UNK]", "a", "b", "c", "d", "##b", "##d", "cd"));
}

TEST(PairTrainer, JoinsRepeatedCharactersFromTheLeft) {
  // ##a ##a stands four times in "aaaaa" by neighbours, but only two can be joined: a ##aa ##aa.
  EXPECT_THAT(train_pairs({{"aaaaa", 5}}, small(5)), ElementsAre("[UNK]", "a", "##a", "##aa", "##aaaa"));
}

TEST(PairTrainer, KeepsTheMostFrequentCharactersAndThoseNamed) {
  VocabularyConfig config = small(100);
  config.limit_alphabet = 3;
  config.initial_alphabet = "z";
  // "q" is one too many, and no word with it counts; "z" is kept though it stands nowhere.
  EXPECT_THAT(train_pairs({{"ab", 5}, {"abq", 4}}, config), ElementsAre("[UNK]", "a", "b", "z", "##b", "ab"));
}

TEST(PairTrainer, JoinsNoPieceLongerThanAllowed) {
  VocabularyConfig config = small(100);
  config.max_token_length = 2;
  EXPECT_THAT(train_pairs({{"abc", 5}}, config), ElementsAre("[UNK]", "a", "b", "c", "##b", "##c", "##bc"));
}

TEST(PairTrainer, SaysTheSmallestPossibleSizeWhereItIsAskedForLess) {
  EXPECT_ERROR(train_pairs({{"ab", 3}, {"abc", 4}}, small(5)), ErrorKind::kUsage, "alone need 6");
  EXPECT_EQ(train_pairs({{"ab", 3}, {"abc", 4}}, small(6)).size(), 6u);
}

TEST(PairTrainer, RefusesNoWords) { EXPECT_ERROR(train_pairs({}, small(9)), ErrorKind::kInput, "no word"); }

TEST(PairTrainer, CountsBeyondThirtyTwoBits) {
  const std::int64_t many = std::int64_t{3} << 31;  // As 32 bits: negative, less than the other.
  EXPECT_EQ(train_pairs({{"ab", 5}, {"cd", many}}, small(8)).back(), "cd");
}

// The same by the definition: all pairs are counted anew before each joining.
Pieces train_slowly(const WordCounts& words, const VocabularyConfig& config, const Pieces& alphabet) {
  std::vector<std::pair<Pieces, std::int64_t>> split;
  for (const WordCount& entry : words) {
    Pieces pieces;
    for (const char c : entry.word) pieces.push_back((pieces.empty() ? "" : "##") + std::string(1, c));
    split.emplace_back(pieces, entry.count);
  }
  Pieces vocabulary = alphabet;
  while (std::ssize(vocabulary) < config.vocab_size) {
    std::map<std::pair<std::string, std::string>, std::int64_t> counts;
    for (const auto& [pieces, count] : split) {
      for (std::size_t i = 1; i < pieces.size(); ++i) counts[{pieces[i - 1], pieces[i]}] += count;
    }
    const auto best = std::max_element(counts.begin(), counts.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    if (best == counts.end() || best->second < config.min_frequency) break;
    const auto [left, right] = best->first;
    const std::string joined = left + right.substr(2);
    for (auto& [pieces, count] : split) {
      for (std::size_t i = 0; i + 1 < pieces.size(); ++i) {
        if (pieces[i] != left || pieces[i + 1] != right) continue;
        pieces[i] = joined;
        pieces.erase(pieces.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      }
    }
    if (std::find(vocabulary.begin(), vocabulary.end(), joined) == vocabulary.end()) vocabulary.push_back(joined);
  }
  return vocabulary;
}

TEST(PairTrainer, GivesWhatCountingAnewWouldGive) {
  std::uint32_t state = 7;
  const auto draw = [&](std::uint32_t n) { return (state = state * 1664525 + 1013904223) / 65536 % n; };
  for (int round = 0; round < 40; ++round) {
    std::map<std::string, std::int64_t> random_words;
    for (int i = 0; i < 60; ++i) {
      std::string word;
      for (std::uint32_t length = 1 + draw(9); length > 0; --length) word += static_cast<char>('a' + draw(3));
      random_words[word] += 1 + draw(5);
    }
    WordCounts words;
    for (const auto& [word, count] : random_words) words.push_back({word, count});
    const Pieces alphabet = {"[UNK]", "a", "b", "c", "##a", "##b", "##c"};
    ASSERT_EQ(train_pairs(words, small(83)), train_slowly(words, small(83), alphabet)) << "round " << round;
  }
}

}  // namespace
}  // namespace bertforge
