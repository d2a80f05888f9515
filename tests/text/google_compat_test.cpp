// compat = "google": what google-research/bert's tokenization.py gives on Python 3.11.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "bertforge/text/wordpiece_tokenizer.h"
#include "golden_cases.h"
#include "support/shared_path.h"

namespace bertforge {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> words_of(std::string_view text, const NormalizerOptions& options) {
  Words words;
  WordExtractor(options, true).extract(text, words);
  return {words.words.begin(), words.words.end()};
}

std::vector<std::string> google_words(std::string_view text) { return words_of(text, {.compat = Compat::kGoogle}); }

class GoogleDifferences : public ::testing::TestWithParam<bool> {};

TEST_P(GoogleDifferences, AreTheOraclesForEveryCodePoint) {
  BERTFORGE_REQUIRE_SHARED(oracle, "oracle/tokenizer/google_vs_hf_basic_tokenizer_diff.json");
  const bool lowercase = GetParam();
  std::set<char32_t> expected;
  const auto by_category = nlohmann::json::parse(std::ifstream(oracle))["diff"][lowercase ? "lower" : "cased"];
  for (const auto& ranges : by_category) expected.merge(code_points_in(ranges));
  ASSERT_GT(expected.size(), 137000u);
  const NormalizerOptions huggingface{.strip_accents = lowercase, .lowercase = lowercase};
  NormalizerOptions google = huggingface;
  google.compat = Compat::kGoogle;
  const WordExtractor theirs(huggingface, true), ours(google, true);
  Words a, b;
  for (char32_t code = 0; code <= kMaxCodePoint; ++code) {
    if (is_surrogate(code)) continue;
    theirs.extract(between_a_and_b(code), a);
    ours.extract(between_a_and_b(code), b);
    ASSERT_EQ(a.words != b.words, expected.contains(code)) << "U+" << std::hex << static_cast<std::uint32_t>(code);
  }
}

INSTANTIATE_TEST_SUITE_P(LowerAndCased, GoogleDifferences, ::testing::Bool(),
                         [](const auto& instance) { return instance.param ? "lower" : "cased"; });

// The expected texts are Python 3.11's.
TEST(GoogleWords, KnowTheFinalSigma) {
  EXPECT_THAT(google_words("\u039F\u0394\u039F\u03A3"), ElementsAre("\u03BF\u03B4\u03BF\u03C2"));
  EXPECT_THAT(google_words("\u03A3\u0391\u03A3 \u03A3"), ElementsAre("\u03C3\u03B1\u03C2", "\u03C3"));
  EXPECT_THAT(google_words("A\u03A3\u0301 A\u03A3\u0301B"),
              ElementsAre("a\u03C2", "a\u03C3b"));  // Marks are ignorable.
  EXPECT_THAT(google_words("A\u03A3'B"),
              ElementsAre("a\u03C3", "'", "b"));  // So is an apostrophe: it parts words later.
  EXPECT_THAT(google_words("A\u03A3-B"), ElementsAre("a\u03C2", "-", "b"));
  EXPECT_THAT(google_words("A'\u03A3"), ElementsAre("a", "'", "\u03C2"));
  EXPECT_THAT(google_words("A\u03A3\u200BB"), ElementsAre("a\u03C3b"));  // U+200B is deleted first.
  EXPECT_THAT(google_words("A\u03A3\u535AB"), ElementsAre("a\u03C2", "\u535A", "b"));
  EXPECT_THAT(words_of("A\u03A3", {}), ElementsAre("a\u03C3"));
}

TEST(GoogleWords, AreLoweredBeforeAccentsGo) {
  EXPECT_THAT(google_words("\u0130I"), ElementsAre("ii"));
  EXPECT_THAT(words_of("\u0130", {.strip_accents = false, .compat = Compat::kGoogle}), ElementsAre("i\u0307"));
}

TEST(GoogleWords, AreThoseOfTheReadme) {
  EXPECT_THAT(google_words("ah\u535A\u63A8zz"), ElementsAre("ah", "\u535A", "\u63A8", "zz"));
  EXPECT_THAT(google_words(" \tHeLLo!how  \n Are yoU?  "), ElementsAre("hello", "!", "how", "are", "you", "?"));
  EXPECT_THAT(google_words("$100^2~"), ElementsAre("$", "100", "^", "2", "~"));
  EXPECT_THAT(google_words("x\vy \u00ADfoo [MASK]"), ElementsAre("xy", "foo", "[", "mask", "]"));
}

TEST(GoogleTokenizer, TakesWordsOfUpToTwoHundredCharacters) {
  const WordPieceTokenizer tokenizer(Vocabulary({"[UNK]", "\u00E9", "##\u00E9"}, "pieces"),
                                     TokenizerConfig::defaults_of("google"), "pieces");
  const auto num_ids = [&](std::size_t num_chars) {
    std::vector<TokenId> ids;
    tokenizer.encode(utf8(std::u32string(num_chars, U'\u00E9')), ids, SpecialTokensInText::kAreText);
    return ids.size();
  };
  EXPECT_EQ(num_ids(200), 1u);  // The accent goes, and "e" is no piece.
  TokenizerConfig cased = TokenizerConfig::defaults_of("google");
  cased.lowercase = false;
  const WordPieceTokenizer keeps(Vocabulary({"[UNK]", "\u00E9", "##\u00E9"}, "pieces"), cased, "pieces");
  std::vector<TokenId> ids;
  keeps.encode(utf8(std::u32string(200, U'\u00E9')), ids, SpecialTokensInText::kAreText);
  EXPECT_EQ(ids.size(), 200u);
  ids.clear();
  keeps.encode(utf8(std::u32string(201, U'\u00E9')), ids, SpecialTokensInText::kAreText);
  EXPECT_EQ(ids, std::vector<TokenId>{0});
}

}  // namespace
}  // namespace bertforge
