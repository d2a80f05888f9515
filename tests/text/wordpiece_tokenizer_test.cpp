#include "bertforge/text/wordpiece_tokenizer.h"

#include <gmock/gmock.h>

#include "support/error_matchers.h"

namespace bertforge {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kText = SpecialTokensInText::kAreText;
constexpr auto kMatch = SpecialTokensInText::kMatch;

// The ids are 0, 1, 2, ... in this order; the special tokens deliberately in none that is usual.
std::vector<std::string> pieces() {
  return {"[MASK]", "[UNK]", "[SEP]", "want", "##want", "##ed", "wa", "un", "runn", "##ing", ",",
          "[CLS]",  "[",     "]",     "mask", "don",    "'",    "t",  ".",  "do",   "not",   "##."};
}

const Tokenizer& tokenizer() {
  static const WordPieceTokenizer made(Vocabulary(pieces(), "test"), {}, "test");
  return made;
}

std::vector<TokenId> ids_of(std::string_view text, SpecialTokensInText specials = kText) {
  std::vector<TokenId> ids;
  tokenizer().encode(text, ids, specials);
  return ids;
}

TEST(WordPieceTokenizer, GivesTheIdsOfThePublishedExample) {
  // The words of google-research/bert, tokenization_test.py (Apache-2.0).
  EXPECT_THAT(ids_of("UNwant\u00E9d,running"), ElementsAre(7, 4, 5, 10, 8, 9));
  EXPECT_THAT(ids_of("unwantedX running"), ElementsAre(1, 8, 9));
  EXPECT_THAT(ids_of(" \t\n"), IsEmpty());
}

TEST(WordPieceTokenizer, AppendsToTheIdsThatAreThere) {
  std::vector<TokenId> ids = {42};
  tokenizer().encode("want", ids);
  EXPECT_THAT(ids, ElementsAre(42, 3));
}

TEST(WordPieceTokenizer, TakesSpecialTokensInTextForTextUnlessAsked) {
  EXPECT_THAT(ids_of("un[MASK]want"), ElementsAre(7, 12, 14, 13, 3));
  EXPECT_THAT(ids_of("un[MASK]want", kMatch), ElementsAre(7, 0, 3));
  EXPECT_THAT(ids_of("[SEP][MASK] [CLS]", kMatch), ElementsAre(2, 0, 11));
  EXPECT_THAT(ids_of("[mask]", kMatch), ElementsAre(12, 14, 13));  // Matching is by the letter.
  EXPECT_THAT(ids_of("[PAD]", kMatch), ElementsAre(12, 1, 13));    // This vocabulary has no such token.
}

TEST(WordPieceTokenizer, LooksUpSpecialTokensByName) {
  EXPECT_EQ(tokenizer().special_tokens().mask, 0);
  EXPECT_EQ(tokenizer().special_tokens().unknown, 1);
  EXPECT_EQ(tokenizer().special_tokens().sep, 2);
  EXPECT_EQ(tokenizer().special_tokens().cls, 11);
  EXPECT_EQ(tokenizer().special_tokens().pad, -1);
}

TEST(WordPieceTokenizer, RefusesAVocabularyWithoutUnknownToken) {
  EXPECT_ERROR(WordPieceTokenizer(Vocabulary({"a"}, "v"), {}, "v.txt"), ErrorKind::kInput, "v.txt: no line \"[UNK]\"");
  EXPECT_NO_THROW(WordPieceTokenizer(Vocabulary({"a", "<oov>"}, "v"), {.unknown_token = "<oov>"}, "v.txt"));
}

TEST(WordPieceTokenizer, GivesOffsetsInBytesAndCodePointsOfTheOriginal) {
  //                         0   2   3 (bytes; code points 0-1, 1-2, ...)
  const std::string_view text = "\u00DCn\u200B want\u00E9d \uFFFD[MASK]\u00FC";
  const std::vector<Token> tokens = tokenizer().encode_with_offsets(text, kMatch);
  ASSERT_EQ(tokens.size(), 5u);
  EXPECT_EQ(tokens[0].id, 7);  // "un"
  EXPECT_EQ(tokens[0].byte_begin, 0u);
  EXPECT_EQ(tokens[0].byte_end, 3u);
  EXPECT_EQ(tokens[0].char_end, 2u);
  EXPECT_EQ(tokens[2].id, 5);  // "##ed"
  EXPECT_EQ(text.substr(tokens[2].byte_begin, tokens[2].byte_end - tokens[2].byte_begin), "\u00E9d");
  EXPECT_EQ(tokens[2].char_begin, 8u);
  EXPECT_EQ(tokens[3].id, 0);
  EXPECT_EQ(text.substr(tokens[3].byte_begin, tokens[3].byte_end - tokens[3].byte_begin), "[MASK]");
  EXPECT_EQ(tokens[3].char_begin, 12u);
  EXPECT_EQ(tokens[4].id, 1);
  EXPECT_EQ(tokens[4].byte_end, text.size());
  EXPECT_EQ(tokens[4].char_end, 19u);
}

TEST(WordPieceTokenizer, LeavesOutBytesThatAreNotUtf8AndStillCountsThem) {
  const std::vector<Token> tokens = tokenizer().encode_with_offsets("wa\xFFnt want\xE2\x82", kText);
  ASSERT_EQ(tokens.size(), 2u);
  EXPECT_EQ(tokens[0].id, 3);
  EXPECT_EQ(tokens[0].byte_end, 5u);
  EXPECT_EQ(tokens[1].byte_begin, 6u);
  EXPECT_EQ(tokens[1].char_end, 10u);
}

TEST(WordPieceTokenizer, DecodesWordsWithSpacesAndPiecesWithout) {
  EXPECT_EQ(tokenizer().decode(std::vector<TokenId>{7, 4, 5, 10, 8, 9, 18}), "unwanted, running.");
  EXPECT_EQ(tokenizer().decode(std::vector<TokenId>{}), "");
  EXPECT_EQ(tokenizer().decode(std::vector<TokenId>{9, 8}), "##ing runn");  // Nothing before it to continue.
}

TEST(WordPieceTokenizer, DecodesContractionsPieceByPieceAsTheReferenceDoes) {
  EXPECT_EQ(tokenizer().decode(std::vector<TokenId>{15, 16, 17}), "don ' t");
  EXPECT_EQ(tokenizer().decode(std::vector<TokenId>{19, 20}), "do not");
}

TEST(WordPieceTokenizer, DecodesSpecialTokensOnlyWhereAsked) {
  const std::vector<TokenId> ids = {11, 3, 1, 0, 2};
  EXPECT_EQ(tokenizer().decode(ids), "want");
  EXPECT_EQ(tokenizer().decode(ids, false), "[CLS] want [UNK] [MASK] [SEP]");
}

TEST(WordPieceTokenizer, RefusesToDecodeIdsOutsideTheVocabulary) {
  EXPECT_ERROR(tokenizer().decode(std::vector<TokenId>{3, 22}), ErrorKind::kInput,
               "id 22 is outside the vocabulary; 0 to 21");
  EXPECT_ERROR(tokenizer().decode(std::vector<TokenId>{-1}), ErrorKind::kInput, "id -1");
}

TEST(WordPieceTokenizer, KnowsWhichPiecesContinueAWord) {
  EXPECT_TRUE(tokenizer().continues_word(9));
  EXPECT_FALSE(tokenizer().continues_word(8));
  EXPECT_FALSE(tokenizer().continues_word(0));
}

TEST(WordPieceTokenizer, TakesAnotherSuffixIndicator) {
  const WordPieceTokenizer made(Vocabulary({"[UNK]", "run", "@@ning"}, "v"), {.suffix_indicator = "@@"}, "v");
  const Tokenizer& other = made;
  std::vector<TokenId> ids;
  other.encode("running", ids);
  EXPECT_THAT(ids, ElementsAre(1, 2));
  EXPECT_EQ(other.decode(ids), "running");
}

TEST(WordPieceTokenizer, HasAFingerprintThatChangesWithEverythingThatDecidesIds) {
  const auto fingerprint = [](std::vector<std::string> of, const TokenizerConfig& config) {
    return WordPieceTokenizer(Vocabulary(std::move(of), "v"), config, "v").fingerprint();
  };
  const std::string here = fingerprint({"[UNK]", "a"}, {});
  EXPECT_EQ(here, fingerprint({"[UNK]", "a"}, {.strip_accents = "true"}));  // What "auto" means here.
  EXPECT_NE(here, fingerprint({"a", "[UNK]"}, {}));
  EXPECT_NE(here, fingerprint({"[UNK]", "a"}, {.lowercase = false, .strip_accents = "true"}));
  EXPECT_NE(here, fingerprint({"[UNK]", "a"}, {.max_word_chars = 200}));
  EXPECT_NE(here, fingerprint({"[UNK]", "a"}, {.compat = "google"}));
  EXPECT_NE(here, fingerprint({"[UNK]", "a"}, {.compat = "keras"}));
  EXPECT_NE(here, fingerprint({"[UNK]", "a"}, {.split = false}));
  EXPECT_EQ(here, fingerprint({"[UNK]", "a"}, {.extra_special_tokens = {"a"}}));
}

TEST(WordPieceTokenizer, KeepsTheFingerprintsOfDatasetsThatWereMadeBeforeThereWasACompat) {
  EXPECT_EQ(WordPieceTokenizer(Vocabulary({"[UNK]", "a"}, "v"), {}, "v").fingerprint(), "fcc1046e97c23a07");
}

TEST(WordPieceTokenizer, WithoutSplitTakesWhatStandsBetweenWhiteSpaceForWords) {
  const WordPieceTokenizer made(Vocabulary({"[UNK]", "a", "##,", "##\u535A", ","}, "v"), {.split = false}, "v");
  std::vector<TokenId> ids;
  made.encode(" A,\u535A a\u00A0, ", ids, SpecialTokensInText::kAreText);
  EXPECT_THAT(ids, ElementsAre(1, 2, 3, 1, 4));
}

TEST(WordPieceTokenizer, RefusesAnExtraSpecialTokenThatIsNoPiece) {
  EXPECT_ERROR(WordPieceTokenizer(Vocabulary({"[UNK]", "a"}, "v"), {.extra_special_tokens = {"[X]"}}, "v"),
               ErrorKind::kInput, "no line \"[X]\"");
}

TEST(WordPieceTokenizer, KnowsItsSpecialTokens) {
  const WordPieceTokenizer made(Vocabulary({"[X]", "[UNK]", "a", "[SEP]"}, "v"), {.extra_special_tokens = {"[X]"}},
                                "v");
  for (const TokenId id : {0, 1, 3}) EXPECT_TRUE(made.is_special(id)) << id;
  EXPECT_FALSE(made.is_special(2));
}

TEST(WordPieceTokenizer, CanBeCutAtSpacesUnlessASpecialTokenHasOne) {
  EXPECT_TRUE(tokenizer().can_be_cut_at_spaces(kMatch));
  for (const char* token : {"[A B]", "[A\tB]", "\rA"}) {
    const WordPieceTokenizer made(Vocabulary({"[UNK]", token}, "v"), {.extra_special_tokens = {token}}, "v");
    EXPECT_TRUE(made.can_be_cut_at_spaces(kText));
    EXPECT_FALSE(made.can_be_cut_at_spaces(kMatch)) << token;
  }
}

}  // namespace
}  // namespace bertforge
