#include "bertforge/text/normalizer.h"

#include <gtest/gtest.h>

#include "bertforge/text/unicode.h"

namespace bertforge {
namespace {

std::string normalized(std::string_view text, const NormalizerOptions& options = {}) {
  std::string result;
  BertNormalizer(options).normalize(text, result);
  return result;
}

// The first text is that of google-research/bert, tokenization_test.py (Apache-2.0).
TEST(Normalizer, LowersStripsAndCleansByDefault) {
  EXPECT_EQ(normalized(" \tHeLLo!how  \n Are yoU?  "), "  hello!how    are you?  ");
  EXPECT_EQ(normalized("H\u00E9llo \u00C5ngstr\u00F6m"), "hello angstrom");
  EXPECT_EQ(normalized(""), "");
}

TEST(Normalizer, DeletesControlsSoThatWordsGlue) {
  EXPECT_EQ(normalized("x\vy\u200Bz\u00AD!"), "xyz!");
  EXPECT_EQ(normalized(std::string_view("a\0b\uFFFD", 6)), "ab");
  EXPECT_EQ(normalized("\uE000private"), "private");
}

TEST(Normalizer, DeletesBytesThatAreNotUtf8) { EXPECT_EQ(normalized("caf\xE9s\xFF"), "cafs"); }

TEST(Normalizer, KeepsAFinalSigmaPlain) {
  EXPECT_EQ(normalized("\u039F\u0394\u039F\u03A3"), "\u03BF\u03B4\u03BF\u03C3");
}

TEST(Normalizer, StripsAccentsWithoutLoweringWhereAsked) {
  EXPECT_EQ(normalized("\u00C9a", {.lowercase = false}), "Ea");
  EXPECT_EQ(normalized("\u00C9a", {.strip_accents = false}), "\u00E9a");
  EXPECT_EQ(normalized("\u0130", {.strip_accents = false}), "i\u0307");
}

// "ah\u535A\u63A8zz" as well.
TEST(Normalizer, PutsSpacesAroundChineseCharactersOnly) {
  EXPECT_EQ(normalized("ah\u535A\u63A8zz"), "ah \u535A  \u63A8 zz");
  EXPECT_EQ(normalized("ah\u535Azz", {.split_cjk = false}), "ah\u535Azz");
  EXPECT_EQ(normalized("\u30AB\uD55C", {.strip_accents = false}), "\u30AB\uD55C");  // Kana and Hangul are no such.
}

TEST(Normalizer, BringsMarksThatAreKeptIntoCanonicalOrder) {
  // Spacing marks (category Mc) are not stripped; these have the classes 224 and 216.
  EXPECT_EQ(normalized("a\u302E\U0001D165"), "a\U0001D165\u302E");
}

TEST(Normalizer, AppendsToWhatIsThere) {
  std::string text = "before ";
  BertNormalizer({}).normalize("AFTER", text);
  EXPECT_EQ(text, "before after");
}

TEST(Normalizer, NamesTheSourceOfEveryByte) {
  const NormalizedText result = BertNormalizer({}).normalize_with_sources("\u00C9 \u535A");  // Bytes 0-2, 2-3, 3-6.
  ASSERT_EQ(result.text, "e  \u535A ");
  ASSERT_EQ(result.sources.size(), result.text.size());
  EXPECT_EQ(result.sources[0].byte_end, 2u);
  EXPECT_EQ(result.sources[0].char_end, 1u);
  for (std::size_t i = 2; i < result.text.size(); ++i) {  // The character and the spaces put around it.
    EXPECT_EQ(result.sources[i].byte_begin, 3u);
    EXPECT_EQ(result.sources[i].byte_end, 6u);
    EXPECT_EQ(result.sources[i].char_begin, 2u);
  }
}

TEST(Normalizer, GivesTheSameTextWithAndWithoutSources) {
  std::string text;
  for (char32_t code = 0; code < 0x3000; ++code) append_utf8(text, code * 7 % 0x3000);
  for (const bool strip : {true, false}) {
    const NormalizerOptions options{.strip_accents = strip};
    EXPECT_EQ(BertNormalizer(options).normalize_with_sources(text).text, normalized(text, options));
  }
}

}  // namespace
}  // namespace bertforge
