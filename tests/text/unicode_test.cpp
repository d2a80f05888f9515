#include "bertforge/text/unicode.h"

#include <gtest/gtest.h>

#include <vector>

namespace bertforge {
namespace {

std::vector<char32_t> decoded(std::string_view text) {
  std::vector<char32_t> codes;
  for (std::size_t position = 0; position < text.size();) codes.push_back(decode_utf8(text, position));
  return codes;
}

std::vector<char32_t> list(const CodePoints& codes) { return {codes.begin(), codes.end()}; }

using Codes = std::vector<char32_t>;

TEST(Utf8, EveryScalarValueComesBackAsItWentIn) {
  for (char32_t code = 0; code <= 0x10FFFF; ++code) {
    if (code >= 0xD800 && code <= 0xDFFF) continue;
    std::string text;
    append_utf8(text, code);
    ASSERT_EQ(decoded(text), Codes{code});
  }
}

TEST(Utf8, BrokenBytesGiveOneReplacementForEachLongestBeginning) {
  EXPECT_EQ(decoded("a\xFFz"), (Codes{'a', 0xFFFD, 'z'}));
  EXPECT_EQ(decoded("\xE2\x82z"), (Codes{0xFFFD, 'z'}));                // The beginning of three bytes, once.
  EXPECT_EQ(decoded("\xF0\x9F\x98"), (Codes{0xFFFD}));                  // Cut off at the end.
  EXPECT_EQ(decoded("\xC0\xAF"), (Codes{0xFFFD, 0xFFFD}));              // Overlong.
  EXPECT_EQ(decoded("\xED\xA0\x80"), (Codes{0xFFFD, 0xFFFD, 0xFFFD}));  // A surrogate.
  EXPECT_EQ(decoded("\xF4\x90\x80\x80"), (Codes{0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD}));  // Above U+10FFFF.
  EXPECT_EQ(decoded("\x80\xC3"), (Codes{0xFFFD, 0xFFFD}));
}

TEST(Utf8, FindsTheFirstInvalidByteAndTakesAWrittenReplacementCharacterForValid) {
  EXPECT_EQ(find_invalid_utf8("na\u00EFve \uFFFD"), std::string_view::npos);
  EXPECT_EQ(find_invalid_utf8("caf\xE9 au lait"), 3u);
  EXPECT_EQ(find_invalid_utf8(""), std::string_view::npos);
}

TEST(Utf8, CountsOneForEachReplacementButNoneThatIsWritten) {
  EXPECT_EQ(count_invalid_utf8(""), 0u);
  EXPECT_EQ(count_invalid_utf8("na\u00EFve \uFFFD"), 0u);
  EXPECT_EQ(count_invalid_utf8("\xE2\x82z \xED\xA0\x80 \uFFFD \xF0\x9F"), 5u);
}

TEST(Utf8, FindsWhatIsInvalidAtAnyPlaceOfALongText) {
  for (std::size_t length = 1; length < 35; ++length) {
    for (std::size_t position = 0; position < length; ++position) {
      std::string text(length, 'a');
      text[position] = '\xFC';
      ASSERT_EQ(count_invalid_utf8(text), 1u) << position << " of " << length;
    }
  }
}

TEST(LowerCase, IsOneCodePointToOneButForCapitalIWithDot) {
  EXPECT_EQ(list(lower_case(U'A')), Codes{U'a'});
  EXPECT_EQ(list(lower_case(U'\u03A3')), Codes{U'\u03C3'});  // Sigma is a plain sigma even where a word ends.
  EXPECT_EQ(list(lower_case(0x130)), (Codes{U'i', 0x307}));
  EXPECT_EQ(list(lower_case(0x1C89)), Codes{0x1C8A});  // New in Unicode 16, which ICU 72 does not know.
  EXPECT_EQ(list(lower_case(U'\u00DF')), Codes{U'\u00DF'});
}

TEST(Decompose, IsFullAndCanonical) {
  EXPECT_EQ(list(decompose(U'\u00E9')), (Codes{U'e', 0x301}));
  EXPECT_EQ(list(decompose(0x1EAF)), (Codes{U'a', 0x306, 0x301}));  // In two steps.
  EXPECT_EQ(list(decompose(U'\uFB01')), Codes{U'\uFB01'});          // A ligature is compatible, not canonical.
  EXPECT_EQ(list(decompose(U'x')), Codes{U'x'});
}

TEST(Decompose, TakesHangulSyllablesApartByRule) {
  EXPECT_EQ(list(decompose(0xAC00)), (Codes{0x1100, 0x1161}));
  EXPECT_EQ(list(decompose(0xD55C)), (Codes{0x1112, 0x1161, 0x11AB}));
  EXPECT_EQ(list(decompose(0xD7A3)), (Codes{0x1112, 0x1175, 0x11C2}));
}

TEST(CharProperties, KnowCombiningClasses) {
  EXPECT_EQ(char_properties(U'a').combining_class, 0);
  EXPECT_EQ(char_properties(0x301).combining_class, 230);
  EXPECT_EQ(char_properties(0x327).combining_class, 202);
  EXPECT_EQ(char_properties(0x10FFFF).combining_class, 0);
}

}  // namespace
}  // namespace bertforge
