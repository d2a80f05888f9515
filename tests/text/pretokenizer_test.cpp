#include "bertforge/text/pretokenizer.h"

#include <gmock/gmock.h>

namespace bertforge {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words = {"left over"};
  split_words(text, words);
  return words;
}

TEST(Pretokenizer, PartsWordsAtWhiteSpaceAndPunctuation) {
  EXPECT_THAT(words_of("don't  stop."), ElementsAre("don", "'", "t", "stop", "."));
  EXPECT_THAT(words_of("$100^2~"), ElementsAre("$", "100", "^", "2", "~"));
  EXPECT_THAT(words_of("\u00ABa\u2026b\u00BB"), ElementsAre("\u00AB", "a", "\u2026", "b", "\u00BB"));
}

TEST(Pretokenizer, TakesSymbolsBeyondAsciiForLetters) {
  EXPECT_THAT(words_of("\u00A9x 5\u20AC"), ElementsAre("\u00A9x", "5\u20AC"));
}

TEST(Pretokenizer, PartsAtEveryWhiteSpaceOfUnicode) {
  EXPECT_THAT(words_of("a\u3000b\u2028c\u00A0d\u0085e"), ElementsAre("a", "b", "c", "d", "e"));
}

TEST(Pretokenizer, FindsNoWordInNothing) {
  EXPECT_THAT(words_of(""), IsEmpty());
  EXPECT_THAT(words_of(" \n "), IsEmpty());
}

}  // namespace
}  // namespace bertforge
