#include "bertforge/text/wordpiece_trainer.h"

#include <gmock/gmock.h>

#include <map>

#include "bertforge/base/field_list.h"
#include "bertforge/text/unicode.h"
#include "support/error_matchers.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

using ::testing::ElementsAre;
using Pieces = std::vector<std::string>;

WordPieceTrainerConfig small(std::int64_t vocab_size) {
  return {.vocab_size = vocab_size, .min_frequency = 2, .special_tokens = {"[UNK]"}};
}

TEST(WordPieceTrainer, JoinsTheMostFrequentPairFirst) {
  // a ##b stands seven times, ##b ##c four times; then ab ##c four times.
  EXPECT_THAT(train_wordpiece({{"ab", 3}, {"abc", 4}}, small(8)),
              ElementsAre("[UNK]", "a", "b", "c", "##b", "##c", "ab", "abc"));
}

TEST(WordPieceTrainer, SettlesEqualCountsByTheStringsOfThePair) {
  EXPECT_EQ(train_wordpiece({{"ba", 3}, {"xy", 3}, {"yx", 3}}, small(100)).back(), "yx");
  EXPECT_THAT(train_wordpiece({{"yx", 3}, {"xy", 3}}, small(6)), ElementsAre("[UNK]", "x", "y", "##x", "##y", "xy"));
}

TEST(WordPieceTrainer, StopsWherePairsAreTooRare) {
  EXPECT_THAT(train_wordpiece({{"ab", 1}, {"cd", 2}}, small(100)),
              ElementsAre("[UNK]", "a", "b", "c", "d", "##b", "##d", "cd"));
}

TEST(WordPieceTrainer, JoinsRepeatedCharactersFromTheLeft) {
  // ##a ##a stands four times in "aaaaa" by neighbours, but only two can be joined: a ##aa ##aa.
  EXPECT_THAT(train_wordpiece({{"aaaaa", 5}}, small(5)), ElementsAre("[UNK]", "a", "##a", "##aa", "##aaaa"));
}

TEST(WordPieceTrainer, KeepsTheMostFrequentCharactersAndThoseNamed) {
  WordPieceTrainerConfig config = small(100);
  config.limit_alphabet = 3;
  config.initial_alphabet = "z";
  // "q" is one too many, and no word with it counts; "z" is kept though it stands nowhere.
  EXPECT_THAT(train_wordpiece({{"ab", 5}, {"abq", 4}}, config), ElementsAre("[UNK]", "a", "b", "z", "##b", "ab"));
}

TEST(WordPieceTrainer, JoinsNoPieceLongerThanAllowed) {
  WordPieceTrainerConfig config = small(100);
  config.max_token_length = 2;
  EXPECT_THAT(train_wordpiece({{"abc", 5}}, config), ElementsAre("[UNK]", "a", "b", "c", "##b", "##c", "##bc"));
}

TEST(WordPieceTrainer, SaysTheSmallestPossibleSizeWhereItIsAskedForLess) {
  EXPECT_ERROR(train_wordpiece({{"ab", 3}, {"abc", 4}}, small(5)), ErrorKind::kUsage, "alone need 6");
  EXPECT_EQ(train_wordpiece({{"ab", 3}, {"abc", 4}}, small(6)).size(), 6u);
}

TEST(WordPieceTrainer, RefusesNoWordsAndBadSettings) {
  EXPECT_ERROR(train_wordpiece({}, small(9)), ErrorKind::kInput, "no word");
  EXPECT_ERROR(train_wordpiece({{"a", 1}}, small(0)), ErrorKind::kUsage, "vocab_size is 0");
  WordPieceTrainerConfig twice = small(9);
  twice.special_tokens = {"[UNK]", "[UNK]"};
  EXPECT_ERROR(twice.validate(), ErrorKind::kUsage, "twice");
}

TEST(WordPieceTrainer, CountsBeyondThirtyTwoBits) {
  const std::int64_t many = std::int64_t{3} << 31;  // As 32 bits: negative, less than the other.
  EXPECT_EQ(train_wordpiece({{"ab", 5}, {"cd", many}}, small(8)).back(), "cd");
}

TEST(WordPieceTrainer, NamesEveryFieldOnce) {
  WordPieceTrainerConfig config;
  FieldList fields;
  visit_fields(config, fields);
  EXPECT_EQ(fields.fields().size(), 6u);
}

// The same by the definition: all pairs are counted anew before each joining.
Pieces train_slowly(const WordCounts& words, const WordPieceTrainerConfig& config, const Pieces& alphabet) {
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

TEST(WordPieceTrainer, GivesWhatCountingAnewWouldGive) {
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
    ASSERT_EQ(train_wordpiece(words, small(83)), train_slowly(words, small(83), alphabet)) << "round " << round;
  }
}

TEST(WordCounter, CountsWordsAsTheTokenizerSeesThem) {
  WordCounter counter{TokenizerConfig()};
  counter.add("The caf\u00E9, the CAFE!");
  EXPECT_THAT(counter.counts(),
              ElementsAre(WordCount{"!", 1}, WordCount{",", 1}, WordCount{"cafe", 2}, WordCount{"the", 2}));
}

TEST(WordCounter, CountsACorpusAlikeOnAnyNumberOfThreads) {
  const testing::TempDir folder;
  std::string text;
  for (int i = 0; i < 700; ++i) text += concat("word", i % 37, " <unk> and number ", i, i % 5 == 0 ? "\n\n" : "\n");
  const std::string file = folder.write("corpus.txt", text).string();
  const auto counts = [&](std::string_view marker, int num_threads) {
    return count_words(*open_corpus("lines", {file}), {}, marker, num_threads);
  };
  EXPECT_EQ(counts(kWikiTextUnknown, 1), counts(kWikiTextUnknown, 3));
  EXPECT_NE(counts(kWikiTextUnknown, 1), counts("", 1));
  EXPECT_EQ(train_wordpiece(counts("", 1), small(200)), train_wordpiece(counts("", 3), small(200)));
}

TEST(WordPieceTrainerConfig, RefusesWhatNoLineOfAVocabularyCanHold) {
  EXPECT_ERROR(WordPieceTrainerConfig{.initial_alphabet = "ab c"}.validate(), ErrorKind::kUsage, "initial_alphabet");
  EXPECT_ERROR(WordPieceTrainerConfig{.initial_alphabet = "\u3000"}.validate(), ErrorKind::kUsage, "initial_alphabet");
  for (const char* token : {"", "[X] ", "\u00A0", "[X\nY]"}) {
    EXPECT_ERROR(WordPieceTrainerConfig{.special_tokens = {token}}.validate(), ErrorKind::kUsage, "special_tokens");
  }
  EXPECT_ERROR(TokenizerConfig{.mask_token = "[MASK] "}.validate(), ErrorKind::kUsage, "special token");
}

TEST(VocabularyCoverage, CountsPiecesUnknownWordsAndCharactersThatWereDropped) {
  const WordPieceTokenizer tokenizer(Vocabulary({"[UNK]", "ab", "a", "##b"}, "v"), {}, "v");
  const VocabularyCoverage coverage = measure_coverage({{"ab", 3}, {"abb", 1}, {"qa\u00DF", 4}}, tokenizer);
  EXPECT_EQ(coverage.num_words, 8);
  EXPECT_EQ(coverage.num_pieces, 3 + 2 + 4);
  EXPECT_EQ(coverage.num_dropped_chars, 2);
  EXPECT_DOUBLE_EQ(coverage.unknown_rate(), 0.5);
  EXPECT_DOUBLE_EQ(coverage.pieces_per_word(), 9.0 / 8);
}

}  // namespace
}  // namespace bertforge
