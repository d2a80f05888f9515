#include "bertforge/text/tf_text_trainer.h"

#include <gmock/gmock.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "bertforge/base/files.h"
#include "support/error_matchers.h"
#include "support/shared_path.h"

namespace bertforge {
namespace {

using ::testing::ElementsAre;
using Pieces = std::vector<std::string>;
using Counts = std::map<std::string, std::int64_t>;

VocabularyConfig small(std::int64_t vocab_size, std::int64_t min_frequency) {
  return {.vocab_size = vocab_size, .min_frequency = min_frequency, .special_tokens = {"[UNK]"}};
}

// What tensorflow_text 2.21.1 answers to the same counts and options.
TEST(TfTextTrainer, TakesFrequentSubstringsThatNoLongerOneTakesThePlaceOf) {
  EXPECT_THAT(train_tf_text({{"go", 1}, {"walk", 5}, {"walked", 3}}, small(24, 3)),
              ElementsAre("[UNK]", "a", "d", "e", "g", "k", "l", "o", "w", "walk", "walked", "##a", "##d", "##e", "##g",
                          "##k", "##l", "##o", "##w"));
}

TEST(TfTextTrainer, LeavesOutSpecialTokensAndWordsThatAreTooLong) {
  VocabularyConfig config = small(20, 1);
  config.special_tokens = {"[UNK]", "the"};
  config.max_token_length = 3;
  EXPECT_THAT(train_tf_text({{"ab", 2}, {"long", 9}, {"the", 9}}, config),
              ElementsAre("[UNK]", "the", "a", "b", "ab", "##a", "##b"));
}

TEST(TfTextTrainer, KeepsTheCharactersOfTheInitialAlphabet) {
  VocabularyConfig config = small(20, 5);
  config.initial_alphabet = "\u00E9";
  EXPECT_THAT(train_tf_text({{"ab", 2}}, config), ElementsAre("[UNK]", "a", "b", "\u00E9", "##a", "##b", "##\u00E9"));
}

TEST(TfTextTrainer, CutsHardWhereEvenTheHighestThresholdGivesTooMuch) {
  EXPECT_THAT(train_tf_text({{"ab", 9}, {"cd", 9}}, small(6, 1)), ElementsAre("[UNK]", "a", "b", "c", "d", "ab"));
}

TEST(TfTextTrainer, SaysTheSmallestPossibleSizeAndRefusesNoWords) {
  EXPECT_ERROR(train_tf_text({{"abc", 4}}, small(3, 1)), ErrorKind::kUsage, "alone need 4");
  EXPECT_ERROR(train_tf_text({}, small(9, 1)), ErrorKind::kInput, "no word");
  EXPECT_ERROR(train_tf_text({{"[UNK]", 4}}, small(9, 1)), ErrorKind::kInput, "no word");
}

// The learner as it is published, over words of one-byte characters: every beginning of every rest of a word is counted, and
// from long to short each text's count is taken off its beginnings.
struct PlainLearner {
  WordCounts words;
  std::set<char> alphabet;

  Counts add_characters(Counts pieces) const {
    for (const char c : alphabet) {
      pieces.try_emplace(std::string(1, c), 1);
      pieces.try_emplace("##" + std::string(1, c), 1);
    }
    return pieces;
  }

  static std::vector<std::size_t> starts(const std::string& word, const Counts* pieces) {
    std::vector<std::size_t> starts;
    for (std::size_t start = 0; start < word.size();) {
      starts.push_back(start);
      std::size_t end = pieces == nullptr ? start + 1 : word.size();
      const std::string mark = start > 0 ? "##" : "";
      while (pieces != nullptr && !pieces->contains(mark + word.substr(start, end - start))) --end;
      start = end;
    }
    return starts;
  }

  Counts at(std::int64_t threshold) const {
    Counts kept;
    for (int iteration = 0; iteration < 4; ++iteration) {
      std::map<std::size_t, Counts, std::greater<>> by_length;
      for (const WordCount& entry : words) {
        for (const std::size_t start : starts(entry.word, iteration == 0 ? nullptr : &kept)) {
          for (std::size_t length = 1; start + length <= entry.word.size(); ++length) {
            by_length[length][(start > 0 ? "##" : "") + entry.word.substr(start, length)] += entry.count;
          }
        }
      }
      Counts next;
      for (auto& [length, counts] : by_length) {
        for (const auto& [text, count] : counts) {
          if (count >= threshold) next[text] = count;
          const std::size_t mark = text.size() - length;
          for (std::size_t shorter = 1; shorter < length; ++shorter) {
            by_length[shorter][text.substr(0, mark + shorter)] -= count;
          }
        }
      }
      kept = add_characters(next);
    }
    return kept;
  }

  Pieces in_order(const Counts& kept) const {
    Pieces pieces = {"[UNK]"};
    for (const char c : alphabet) pieces.emplace_back(1, c);
    std::vector<std::pair<std::int64_t, std::string>> sorted;
    for (const auto& [piece, count] : kept) sorted.emplace_back(-count, piece);
    std::sort(sorted.begin(), sorted.end());
    for (const auto& [count, piece] : sorted) {
      if (std::find(pieces.begin(), pieces.end(), piece) == pieces.end()) pieces.push_back(piece);
    }
    return pieces;
  }

  Pieces search(std::int64_t size, std::int64_t lower, std::int64_t upper) const {
    const std::int64_t threshold = (upper + lower) / 2;
    const Pieces pieces = in_order(at(threshold));
    const auto spare = static_cast<double>(size - std::ssize(pieces));
    if ((spare >= 0 && spare <= 0.05 * static_cast<double>(size)) || lower >= upper || threshold <= 1) return pieces;
    return spare < 0 ? search(size, threshold + 1, upper) : search(size, lower, threshold - 1);
  }
};

TEST(TfTextTrainer, GivesWhatCountingAllSubstringsWouldGive) {
  std::uint32_t state = 11;
  const auto draw = [&](std::uint32_t n) { return (state = state * 1664525 + 1013904223) / 65536 % n; };
  for (int round = 0; round < 60; ++round) {
    Counts random_words;
    for (int i = 0; i < 50; ++i) {
      std::string word;
      for (std::uint32_t length = 1 + draw(8); length > 0; --length) word += static_cast<char>('a' + draw(3));
      random_words[word] += 1 + draw(20);
    }
    PlainLearner plain;
    std::int64_t most = 0, fewest = 1000;
    for (const auto& [word, count] : random_words) {
      plain.words.push_back({word, count});
      plain.alphabet.insert(word.begin(), word.end());
      most = std::max(most, count);
      fewest = std::min(fewest, count);
    }
    const std::int64_t size = 12 + draw(40), min_frequency = 1 + draw(12);
    Pieces expected = plain.search(size, std::max(fewest, min_frequency), most);
    expected.resize(std::min<std::size_t>(expected.size(), size));
    ASSERT_EQ(train_tf_text(plain.words, small(size, min_frequency)), expected) << "round " << round;
  }
}

TEST(TfTextTrainer, GivesKerassVocabularyOfWikiText) {
  BERTFORGE_REQUIRE_SHARED(oracle, "oracle/tokenizer/tf_text_vocab.json");
  BERTFORGE_REQUIRE_SHARED(text, "data/wikitext-2/wiki.valid.tokens");
  TokenizerConfig keras = TokenizerConfig::defaults_of("keras");
  keras.lowercase = true;
  keras.strip_accents = "true";
  const WordCounts words = count_words(read_file(text), keras);
  const VocabularyConfig config = {.vocab_size = 3000,
                                   .special_tokens = {"[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"}};
  const auto golden = nlohmann::json::parse(std::ifstream(oracle))["vocabulary"].get<Pieces>();
  EXPECT_EQ(train_tf_text(words, config), golden);
}

}  // namespace
}  // namespace bertforge
