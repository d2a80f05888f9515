// Ids and offsets beside those that Hugging Face tokenizers gave, and every code point's class.

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "bertforge/text/normalizer.h"
#include "bertforge/text/pretokenizer.h"
#include "bertforge/text/unicode.h"
#include "bertforge/text/wordpiece_tokenizer.h"
#include "golden_cases.h"
#include "support/shared_path.h"

namespace bertforge {
namespace {

using nlohmann::json;

struct Mode {
  const char* key;  // In hf_cases.jsonl.
  TokenizerConfig config;
};

void PrintTo(const Mode& mode, std::ostream* out) { *out << mode.key; }

class HuggingFaceCases : public ::testing::TestWithParam<Mode> {};

TEST_P(HuggingFaceCases, IdsAndOffsetsAreEqualForEveryText) {
  BERTFORGE_REQUIRE_SHARED(vocab_txt, "data/vocab/bert-base-uncased.txt");
  BERTFORGE_REQUIRE_SHARED(cases, "oracle/tokenizer/hf_cases.jsonl");
  const WordPieceTokenizer tokenizer(Vocabulary::from_file(vocab_txt), GetParam().config, vocab_txt.string());
  const bool has_offsets = GetParam().key == std::string("uncased");
  for (const json& expected : read_json_lines(cases)) {
    const std::string text = expected["text"];
    std::vector<TokenId> ids;
    tokenizer.encode(text, ids, SpecialTokensInText::kMatch);
    ASSERT_EQ(ids, expected[GetParam().key].get<std::vector<TokenId>>()) << expected["text"];

    const std::vector<Token> tokens = tokenizer.encode_with_offsets(text, SpecialTokensInText::kMatch);
    ASSERT_EQ(tokens.size(), ids.size()) << expected["text"];
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      ASSERT_EQ(tokens[i].id, ids[i]) << expected["text"];
      if (!has_offsets) continue;
      ASSERT_EQ(tokens[i].char_begin, expected["offsets"][i][0]) << expected["text"];
      ASSERT_EQ(tokens[i].char_end, expected["offsets"][i][1]) << expected["text"];
    }
  }
}

INSTANTIATE_TEST_SUITE_P(AllModes, HuggingFaceCases,
                         ::testing::Values(Mode{"uncased", {}}, Mode{"cased", {.lowercase = false}},
                                           Mode{"uncased_keep_accents", {.strip_accents = "false"}},
                                           Mode{"uncased_no_cjk", {.split_cjk = false}}),
                         [](const auto& instance) { return std::string(instance.param.key); });

// What the oracle calls classes, seen from outside: what becomes of "a" + c + "b".
using Probe = std::function<bool(char32_t)>;

bool normalizes_to(const NormalizerOptions& options, char32_t code, std::string_view expected) {
  std::string normalized;
  BertNormalizer(options).normalize(between_a_and_b(code), normalized);
  return normalized == expected;
}

constexpr NormalizerOptions kNothing{
    .clean_text = false, .split_cjk = false, .strip_accents = false, .lowercase = false};
constexpr NormalizerOptions kClean{.clean_text = true, .split_cjk = false, .strip_accents = false, .lowercase = false};
constexpr NormalizerOptions kStrip{.clean_text = false, .split_cjk = false, .strip_accents = true, .lowercase = false};
constexpr NormalizerOptions kCjkOnly{
    .clean_text = false, .split_cjk = true, .strip_accents = false, .lowercase = false};

bool is_split_off(char32_t code) {
  const std::string text = between_a_and_b(code);
  std::vector<std::string_view> words;
  split_words(text, words);
  return words.size() == 3;
}

TEST(HuggingFaceCharacterClasses, EveryCodePointIsClassedAsTheOracleSays) {
  BERTFORGE_REQUIRE_SHARED(oracle, "oracle/tokenizer/hf_charclass.json");
  const json ranges = json::parse(std::ifstream(oracle))["ranges"];
  const std::vector<std::pair<std::string, Probe>> probes = {
      {"drop", [](char32_t c) { return normalizes_to(kClean, c, "ab"); }},
      {"space", [](char32_t c) { return normalizes_to(kClean, c, "a b"); }},
      {"cjk", [](char32_t c) { return !normalizes_to(kCjkOnly, c, between_a_and_b(c)); }},
      {"punct", is_split_off},
      {"mn_removed", [](char32_t c) { return normalizes_to(kStrip, c, "ab"); }}};
  for (const auto& [name, probe] : probes) {
    const std::set<char32_t> expected = code_points_in(ranges[name]);
    for (char32_t code = 0; code <= 0x10FFFF; ++code) {
      if (is_surrogate(code)) continue;
      ASSERT_EQ(probe(code), expected.contains(code)) << name << " U+" << std::hex << static_cast<std::uint32_t>(code);
    }
  }
}

TEST(HuggingFaceCharacterClasses, WithAllOptionsOffTheNormalizerKeepsEveryCodePoint) {
  for (char32_t code = 0; code <= 0x10FFFF; code += 7) {
    if (is_surrogate(code)) continue;
    ASSERT_TRUE(normalizes_to(kNothing, code, between_a_and_b(code))) << static_cast<std::uint32_t>(code);
  }
}

}  // namespace
}  // namespace bertforge
