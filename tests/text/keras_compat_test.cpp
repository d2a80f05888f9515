// compat = "keras": what keras_hub 0.32's WordPieceTokenizer gives.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "bertforge/text/wordpiece_tokenizer.h"
#include "golden_cases.h"
#include "support/shared_path.h"

namespace bertforge {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;

std::vector<std::string> keras_words(std::string_view text, bool lowercase = true, bool split = true) {
  Words words;
  const NormalizerOptions options{.strip_accents = false, .lowercase = lowercase, .compat = Compat::kKeras};
  WordExtractor(options, split).extract(text, words);
  return {words.words.begin(), words.words.end()};
}

TokenizerConfig config_for(const json& options) {
  TokenizerConfig config = TokenizerConfig::defaults_of("keras");
  config.lowercase = options.value("lowercase", config.lowercase);
  config.strip_accents = options.value("strip_accents", false) ? "true" : "false";
  config.split = options.value("split", true);
  config.split_cjk = options.value("split_on_cjk", true);
  config.suffix_indicator = options.value("suffix_indicator", config.suffix_indicator);
  config.unknown_token = options.value("oov_token", config.unknown_token);
  return config;
}

// The vocabulary of a case: the plain one, its "##" and "[UNK]" renamed as the case names them.
std::vector<std::string> pieces_for(std::vector<std::string> pieces, const TokenizerConfig& config) {
  for (std::string& piece : pieces) {
    if (piece == "[UNK]") piece = config.unknown_token;
    if (config.suffix_indicator != "##" && piece.starts_with("##")) piece.replace(0, 2, config.suffix_indicator);
  }
  return pieces;
}

std::string text_of(const json& text) {
  if (text.is_string()) return text;
  std::string words;
  for (const std::string word : text) words += word + " ";
  return words;
}

TEST(KerasCases, TokensIdsAndDetokenizedTextAreEqual) {
  BERTFORGE_REQUIRE_SHARED(vocab_txt, "data/vocab/bert-base-uncased.txt");
  BERTFORGE_REQUIRE_SHARED(cases, "oracle/tokenizer/keras_cases.jsonl");
  const std::vector<std::string> plain = read_vocab_txt(vocab_txt);
  std::unique_ptr<WordPieceTokenizer> tokenizer;
  json options;
  for (const json& expected : read_json_lines(cases)) {
    if (!tokenizer || options != expected["options"]) {
      options = expected["options"];
      const TokenizerConfig config = config_for(options);
      tokenizer = std::make_unique<WordPieceTokenizer>(Vocabulary(pieces_for(plain, config), "pieces"), config, "");
    }
    const bool matches = options.value("special_tokens_in_strings", false);
    std::vector<TokenId> ids;
    tokenizer->encode(text_of(expected["text"]), ids,
                      matches ? SpecialTokensInText::kMatch : SpecialTokensInText::kAreText);
    if (options.contains("sequence_length")) ids.resize(options["sequence_length"]);  // Padded with 0, or cut.
    ASSERT_EQ(ids, expected["ids"].get<std::vector<TokenId>>()) << expected;
    for (std::size_t i = 0; i < ids.size(); ++i) ASSERT_EQ(tokenizer->piece(ids[i]), expected["tokens"][i]) << expected;
    ASSERT_EQ(tokenizer->decode(ids, false), expected["detokenized"].get<std::string>()) << expected;
  }
}

// Of the words of "a" + c + "b" for every code point c of a plane, as keras_hub's pretokenize gives them: FNV-1a of each
// word and a line feed, with a zero byte after each text.
struct PlaneDigests {
  const char* name;
  NormalizerOptions options;
  std::array<std::uint64_t, 7> of_planes;
};

constexpr std::array<char32_t, 7> kPlanes = {0, 1, 2, 3, 14, 15, 16};

const PlaneDigests kDigests[] = {
    {"cased",
     {.strip_accents = false, .lowercase = false, .compat = Compat::kKeras},
     {0x6eaf3662f15b5345, 0x9f73338e3ecf113e, 0x828be1cb56e802e5, 0xe8dfaf08f9cd0d25, 0xaee8843ba3b897ff,
      0x328bc673b54eb725, 0xcc71194c23ca0325}},
    {"lower",
     {.strip_accents = false, .lowercase = true, .compat = Compat::kKeras},
     {0xe9457e01f0091d42, 0x0b551b986a863981, 0xd97f7603bf618db4, 0xe8dfaf08f9cd0d25, 0x7c764e3271c422ed,
      0x328bc673b54eb725, 0xcc71194c23ca0325}},
    {"lower_stripped",
     {.strip_accents = true, .lowercase = true, .compat = Compat::kKeras},
     {0xb627dc2b10d13654, 0x041cefa5aa5dddf9, 0xd97f7603bf618db4, 0xe8dfaf08f9cd0d25, 0x7c764e3271c422ed,
      0x328bc673b54eb725, 0xcc71194c23ca0325}},
};

void PrintTo(const PlaneDigests& digests, std::ostream* out) { *out << digests.name; }

std::uint64_t digest_of_plane(char32_t plane, const WordExtractor& extractor) {
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&](unsigned char byte) { hash = (hash ^ byte) * 0x100000001b3; };
  Words words;
  for (char32_t code = plane << 16; code < (plane + 1) << 16; ++code) {
    if (code == 0 || is_surrogate(code)) continue;  // tensorflow-text's text ends at NUL; ours does not.
    extractor.extract(between_a_and_b(code), words);
    for (const std::string_view word : words.words) {
      for (const char byte : word) add(static_cast<unsigned char>(byte));
      add('\n');
    }
    add(0);
  }
  return hash;
}

class KerasWords : public ::testing::TestWithParam<PlaneDigests> {};

TEST_P(KerasWords, AreEqualForEveryCodePoint) {
  const WordExtractor extractor(GetParam().options, true);
  for (std::size_t i = 0; i < kPlanes.size(); ++i) {
    EXPECT_EQ(digest_of_plane(kPlanes[i], extractor), GetParam().of_planes[i])
        << "plane " << static_cast<std::uint32_t>(kPlanes[i]);
  }
}

INSTANTIATE_TEST_SUITE_P(CasedAndLower, KerasWords, ::testing::ValuesIn(kDigests),
                         [](const auto& instance) { return std::string(instance.param.name); });

TEST(KerasWords, AreFoldedAfterTheyAreSplit) {
  EXPECT_THAT(keras_words("STRASSE Stra\u00DFe"), ElementsAre("strasse", "strasse"));
  EXPECT_THAT(keras_words("\u2026"), ElementsAre("..."));
  EXPECT_THAT(keras_words("x\u00A0Y"), ElementsAre("x y"));
  EXPECT_THAT(keras_words("\u0130 \u03A3\u03A3"), ElementsAre("i\u0307", "\u03C3\u03C3"));
  EXPECT_THAT(keras_words("AB", false), ElementsAre("AB"));
}

TEST(KerasWords, AreComposedAgain) {
  EXPECT_THAT(keras_words("E\u0323\u0302 e\u0302\u0323"), ElementsAre("\u1EC7", "\u1EC7"));
  EXPECT_THAT(keras_words("\u314E\u314F\u11AB \u1100\u1161\u11A8"), ElementsAre("\uD55C", "\uAC01"));
  EXPECT_THAT(keras_words("\uFF76\uFF9E"), ElementsAre("\u30AC"));
  EXPECT_THAT(keras_words("\u0344a"), ElementsAre("\u0308\u0301a"));  // NFC leaves this one apart.
}

TEST(KerasWords, ArePartedByControls) {
  EXPECT_THAT(keras_words("a\u200BB\x01\x63 a\u00ADb"), ElementsAre("a", "b", "c", "a", "b"));
}

TEST(KerasWords, WithoutSplitAreWhatStandsBetweenAsciiWhiteSpace) {
  EXPECT_THAT(keras_words(" A,b\t\u535Ac\u00AD\u3000\n", true, false), ElementsAre("a,b", "\u535Ac "));
}

TEST(KerasTokenizer, OffsetsKeepTheOrderOfTheTextWhereMarksChangePlaces) {
  TokenizerConfig config = TokenizerConfig::defaults_of("keras");
  config.lowercase = true;
  const WordPieceTokenizer tokenizer(Vocabulary({"[UNK]", "\u0327", "##\u0307"}, "pieces"), config, "pieces");
  const std::vector<Token> tokens = tokenizer.encode_with_offsets("\u0307\u0327", SpecialTokensInText::kAreText);
  ASSERT_EQ(tokens.size(), 2u);
  EXPECT_EQ(tokens[0].id, 1);
  EXPECT_EQ(tokens[0].byte_begin, 0u);
  EXPECT_EQ(tokens[0].byte_end, 2u);
  EXPECT_EQ(tokens[1].byte_begin, 2u);
  EXPECT_EQ(tokens[1].byte_end, 4u);
}

TEST(KerasTokenizer, CountsTheLimitInBytes) {
  const WordPieceTokenizer tokenizer(Vocabulary({"[UNK]", "\u00E9", "##\u00E9"}, "pieces"),
                                     TokenizerConfig::defaults_of("keras"), "pieces");
  std::vector<TokenId> ids;
  tokenizer.encode(utf8(std::u32string(50, U'\u00E9')), ids, SpecialTokensInText::kAreText);
  EXPECT_EQ(ids.size(), 50u);
  ids.clear();
  tokenizer.encode(utf8(std::u32string(51, U'\u00E9')), ids, SpecialTokensInText::kAreText);
  EXPECT_EQ(ids, std::vector<TokenId>{0});
}

TEST(KerasTokenizer, HasOffsetsOfAllThatACharacterWasMadeOf) {
  TokenizerConfig config = TokenizerConfig::defaults_of("keras");
  config.lowercase = true;
  const WordPieceTokenizer tokenizer(Vocabulary({"[UNK]", "\u00E9", "##fi"}, "pieces"), config, "pieces");
  const std::vector<Token> tokens = tokenizer.encode_with_offsets(" E\u0301\uFB01", SpecialTokensInText::kAreText);
  ASSERT_EQ(tokens.size(), 2u);
  EXPECT_EQ(tokens[0].byte_begin, 1u);
  EXPECT_EQ(tokens[0].byte_end, 4u);
  EXPECT_EQ(tokens[1].char_begin, 3u);
  EXPECT_EQ(tokens[1].char_end, 4u);
}

TEST(KerasTokenizer, DetokenizesWithoutCleaningUp) {
  const WordPieceTokenizer tokenizer(Vocabulary({"[UNK]", "a", "##b", ".", "##"}, "pieces"),
                                     TokenizerConfig::defaults_of("keras"), "pieces");
  const std::vector<TokenId> ids = {2, 1, 2, 4, 3, 0};
  EXPECT_EQ(tokenizer.decode(ids, false), "##b ab ## . [UNK]");
  EXPECT_EQ(tokenizer.decode(ids, true), "##b ab ## .");
}

}  // namespace
}  // namespace bertforge
