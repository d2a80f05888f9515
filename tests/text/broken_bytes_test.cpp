// Whatever bytes come, nothing breaks, and the ways to the ids agree with one another.

#include <gtest/gtest.h>

#include "bertforge/base/random.h"
#include "bertforge/text/sentence_splitter.h"
#include "bertforge/text/unicode.h"
#include "bertforge/text/wordpiece_tokenizer.h"

namespace bertforge {
namespace {

// Bytes of every kind, with a liking for beginnings and insides of sequences, spaces and special tokens.
std::string random_bytes(CounterRandom& random) {
  std::string text;
  for (std::uint64_t length = random.below(40); length > 0; --length) {
    switch (random.below(8)) {
      case 0:
        append_utf8(text, static_cast<char32_t>(random.below(0xD800)));
        break;
      case 1:
        text += static_cast<char>(0xC0 + random.below(0x40));
        break;
      case 2:
        text += static_cast<char>(0x80 + random.below(0x40));
        break;
      case 3:
        text += "[MASK]";
        break;
      case 4:
        text += ' ';
        break;
      default:
        text += static_cast<char>(random.below(256));
    }
  }
  return text;
}

TEST(BrokenBytes, GiveTheSameIdsWithAndWithoutOffsetsAndOffsetsInsideTheText) {
  CounterRandom random(11);
  const WordPieceTokenizer cleaning(
      Vocabulary({"[UNK]", "[MASK]", "a", "##a", "e", "##\u0301", "\uFFFD", "##\uFFFD"}, "v"), {}, "v");
  const WordPieceTokenizer keeping(Vocabulary({"[UNK]", "[MASK]", "a", "\uFFFD", "##\uFFFD"}, "v"),
                                   {.lowercase = false, .clean_text = false}, "v");
  for (int round = 0; round < 4000; ++round) {
    const std::string text = random_bytes(random);
    for (const WordPieceTokenizer* tokenizer : {&cleaning, &keeping}) {
      std::vector<TokenId> ids, ids_of_tokens;
      tokenizer->encode(text, ids, SpecialTokensInText::kMatch);
      for (const Token& token : tokenizer->encode_with_offsets(text, SpecialTokensInText::kMatch)) {
        ids_of_tokens.push_back(token.id);
        ASSERT_LT(token.byte_begin, token.byte_end);
        ASSERT_LE(token.byte_end, text.size());
        ASSERT_LE(token.char_end, count_code_points(text));
      }
      ASSERT_EQ(ids, ids_of_tokens);
    }
  }
}

std::u32string without_white_space(std::string_view text) {
  std::u32string codes;
  for (std::size_t position = 0; position < text.size();) {
    const char32_t code = decode_utf8(text, position);
    if (!char_properties(code).is(kSeparator)) codes += code;
  }
  return codes;
}

TEST(BrokenBytes, AreSplitIntoSentencesWithoutHarm) {
  CounterRandom random(12);
  SentenceSplitter splitter;
  for (int round = 0; round < 2000; ++round) {
    const std::string text = random_bytes(random) + " . " + random_bytes(random);
    std::vector<std::string> sentences;
    splitter.split(text, sentences);
    std::string joined;
    for (const std::string& sentence : sentences) {
      ASSERT_FALSE(is_blank(sentence));
      joined += sentence;
    }
    // Nothing is lost but white space; ICU's copy has U+FFFD for what is not UTF-8.
    ASSERT_TRUE(without_white_space(joined) == without_white_space(text)) << round;
  }
}

TEST(BrokenBytes, AreCountedAsOftenAsTheyAreReplaced) {
  CounterRandom random(13);
  for (int round = 0; round < 4000; ++round) {
    const std::string text = random_bytes(random);
    std::size_t num_replacements = 0;
    for (std::size_t position = 0, begin = 0; position < text.size(); begin = position) {
      const bool is_replacement = decode_utf8(text, position) == kReplacementCharacter;
      num_replacements += is_replacement && text.substr(begin, position - begin) != "\uFFFD";
    }
    ASSERT_EQ(count_invalid_utf8(text), num_replacements) << round;
    ASSERT_EQ(find_invalid_utf8(text) == std::string::npos, num_replacements == 0) << round;
  }
}

TEST(BrokenBytes, CountForAReplacementCharacterWhereTextIsNotCleaned) {
  const WordPieceTokenizer keeping(Vocabulary({"[UNK]", "a", "##\uFFFD"}, "v"), {.clean_text = false}, "v");
  std::vector<TokenId> ids;
  keeping.encode("a\xFF\xE2\x82", ids, SpecialTokensInText::kAreText);
  EXPECT_EQ(ids, (std::vector<TokenId>{1, 2, 2}));
}

}  // namespace
}  // namespace bertforge
