#include "bertforge/text/tokenizer_folder.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "bertforge/text/wordpiece_tokenizer.h"
#include "support/error_matchers.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

using nlohmann::json;

constexpr std::string_view kVocab = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ncaf\u00E9\ncafe\nCafe\n##s\n";

const TokenizerConfig& config_of(const Tokenizer& tokenizer) {
  return dynamic_cast<const WordPieceTokenizer&>(tokenizer).config();
}

WordPieceTokenizer make_tokenizer(const TokenizerConfig& config) {
  return WordPieceTokenizer(Vocabulary({"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a\"\\", "##\u00E9"}, "v"),
                            config, "v");
}

json saved_json(const testing::TempDir& folder, const char* name) {
  return json::parse(testing::contents_of(folder / name));
}

TEST(TokenizerFolder, ABareVocabularyHasTheDefaultSettings) {
  const testing::TempDir folder;
  EXPECT_EQ(config_of(*load_tokenizer(folder.write("vocab.txt", kVocab))), TokenizerConfig());
}

TEST(TokenizerFolder, TheConfigBesideAVocabularyIsRead) {
  const testing::TempDir folder;
  folder.write("vocab.txt", kVocab);
  folder.write("tokenizer_config.json",
               R"({"do_lower_case": false, "strip_accents": true, "tokenize_chinese_chars": false, "new_key": [1],
                   "pad_token": null, "mask_token": {"content": "[UNK]"}, "unk_token": "[MASK]"})");
  const auto tokenizer = load_tokenizer(folder.path());
  EXPECT_EQ(config_of(*tokenizer), (TokenizerConfig{.lowercase = false,
                                                    .strip_accents = "true",
                                                    .split_cjk = false,
                                                    .unknown_token = "[MASK]",
                                                    .mask_token = "[UNK]"}));
  EXPECT_EQ(tokenizer->special_tokens().mask, 1);
}

TEST(TokenizerFolder, TheCommandLineStandsAboveTheFiles) {
  const testing::TempDir folder;
  folder.write("vocab.txt", kVocab);
  folder.write("tokenizer_config.json", R"({"do_lower_case": false})");
  TokenizerOverrides overrides;
  overrides.lowercase = true;
  EXPECT_TRUE(config_of(*load_tokenizer(folder.path(), overrides)).lowercase);
}

TEST(TokenizerFolder, WhatIsSavedLoadsWithTheSameSettingsAndIds) {
  const std::vector<TokenizerConfig> configs = {{},
                                                {.lowercase = false},
                                                {.strip_accents = "false", .split_cjk = false},
                                                {.clean_text = false, .suffix_indicator = "@@", .max_word_chars = 200},
                                                {.unknown_token = "[MASK]", .mask_token = "[UNK]"},
                                                {.split = false, .extra_special_tokens = {"a\"\\"}},
                                                TokenizerConfig::defaults_of("google"),
                                                TokenizerConfig::defaults_of("keras"),
                                                {.compat = "keras", .lowercase = true, .split = false}};
  for (const TokenizerConfig& config : configs) {
    const testing::TempDir folder;
    const WordPieceTokenizer saved = make_tokenizer(config);
    saved.save(folder.path(), 128);
    const auto loaded = load_tokenizer(folder.path());
    EXPECT_EQ(config_of(*loaded), config);
    EXPECT_EQ(loaded->fingerprint(), saved.fingerprint());
  }
}

TEST(TokenizerFolder, WhatHuggingFaceCannotSayTravelsUnderKeysOfOurOwn) {
  const testing::TempDir folder;
  make_tokenizer({}).save(folder.path(), 128);
  const json plain = saved_json(folder, "tokenizer_config.json");
  EXPECT_FALSE(plain.contains("bertforge_compat") || plain.contains("bertforge_split"));
  make_tokenizer({.compat = "keras", .split = false}).save(folder.path(), 128);
  json config = saved_json(folder, "tokenizer_config.json");
  EXPECT_EQ(config["bertforge_compat"], "keras");
  EXPECT_EQ(config["bertforge_split"], false);
  config["bertforge_compat"] = "kears";
  folder.write("tokenizer_config.json", config.dump());
  EXPECT_ERROR(load_tokenizer(folder.path()), ErrorKind::kInput, "bertforge_compat is \"kears\"");
}

TEST(TokenizerFolder, ACompatBringsItsDefaultsForWhatNoFileSays) {
  const testing::TempDir folder;
  folder.write("vocab.txt", kVocab);
  folder.write("tokenizer_config.json", R"({"bertforge_compat": "google"})");
  EXPECT_EQ(config_of(*load_tokenizer(folder.path())), TokenizerConfig::defaults_of("google"));
  folder.write("tokenizer_config.json", R"({"bertforge_compat": "keras"})");
  EXPECT_EQ(config_of(*load_tokenizer(folder.path())).lowercase, false);
  TokenizerOverrides overrides;
  overrides.compat = "google";
  EXPECT_EQ(config_of(*load_tokenizer(folder / "vocab.txt", overrides)), TokenizerConfig::defaults_of("google"));
}

TEST(TokenizerFolder, SpecialTokensOfItsOwnAreFoundInTextAsTheLibraryFindsThem) {
  const testing::TempDir folder;
  make_tokenizer({}).save(folder.path(), 128);
  json object = saved_json(folder, "tokenizer.json");
  json token = object["added_tokens"][0];
  token["id"] = 5, token["content"] = "a\"\\";
  object["added_tokens"].push_back(token);
  folder.write("tokenizer.json", object.dump());
  const auto tokenizer = load_tokenizer(folder.path());
  EXPECT_EQ(config_of(*tokenizer).extra_special_tokens, std::vector<std::string>{"a\"\\"});
  EXPECT_EQ(tokenizer->fingerprint(), make_tokenizer({}).fingerprint());
  std::vector<TokenId> ids;
  tokenizer->encode("xa\"\\x", ids, SpecialTokensInText::kMatch);
  EXPECT_EQ(ids, (std::vector<TokenId>{1, 5, 1}));
}

TEST(TokenizerFolder, LinesOfAVocabularyAreTrimmedAsTheProgramTrimsThem) {
  const testing::TempDir folder;
  const auto path = folder.write("vocab.txt", "[UNK]\r\n a\t\n\u3000b \n");
  EXPECT_EQ(load_tokenizer(path)->piece(1), " a");
  TokenizerOverrides overrides;
  overrides.compat = "google";
  EXPECT_EQ(load_tokenizer(path, overrides)->piece(1), "a");
  EXPECT_EQ(load_tokenizer(path, overrides)->piece(2), "b");
  overrides.compat = "keras";
  EXPECT_EQ(load_tokenizer(path, overrides)->piece(1), " a");
}

class BadVocabularies : public ::testing::TestWithParam<std::string> {};

TEST_P(BadVocabularies, AreRefusedInOneLineWhateverTheCompat) {
  const testing::TempDir folder;
  TokenizerOverrides overrides;
  overrides.compat = GetParam();
  const auto load = [&](std::string_view content) { return load_tokenizer(folder.write("v.txt", content), overrides); };
  EXPECT_ERROR(load("[UNK]\na\nb\na\n"), ErrorKind::kInput, "v.txt:4: \"a\" stands in line 2 already");
  EXPECT_ERROR(load("a\nb\n"), ErrorKind::kInput, "no line \"[UNK]\"");
  EXPECT_ERROR(load(""), ErrorKind::kInput, "the vocabulary is empty");
  EXPECT_ERROR(load("[UNK]\nb\xFF\n"), ErrorKind::kInput, "v.txt:2: the piece is not UTF-8");
  EXPECT_EQ(load("[UNK]\r\na\r\n")->piece(1), "a");
  EXPECT_EQ(load("[UNK]")->vocabulary_size(), 1);
}

INSTANTIATE_TEST_SUITE_P(OfEveryCompat, BadVocabularies, ::testing::Values("huggingface", "google", "keras"),
                         [](const auto& instance) { return instance.param; });

TEST(TokenizerFolder, ATokenizerJsonAloneIsEnough) {
  const testing::TempDir folder;
  const WordPieceTokenizer saved = make_tokenizer({.lowercase = false, .max_word_chars = 200});
  saved.save(folder.path(), 128);
  std::filesystem::remove(folder / "vocab.txt");
  std::filesystem::remove(folder / "tokenizer_config.json");
  EXPECT_EQ(load_tokenizer(folder.path())->fingerprint(), saved.fingerprint());
}

TEST(TokenizerFolder, SavesWhatTransformersNeedsToGiveTheSameIds) {
  const testing::TempDir folder;
  make_tokenizer({.lowercase = false}).save(folder.path(), 384);
  const json config = saved_json(folder, "tokenizer_config.json");
  EXPECT_EQ(config["tokenizer_class"], "BertTokenizer");
  EXPECT_EQ(config["model_max_length"], 384);
  EXPECT_EQ(config["do_lower_case"], false);
  const json tokenizer = saved_json(folder, "tokenizer.json");
  EXPECT_EQ(tokenizer["model"]["vocab"]["a\"\\"], 5);
  EXPECT_EQ(tokenizer["added_tokens"].size(), 5u);
  EXPECT_EQ(tokenizer["post_processor"]["special_tokens"]["[SEP]"]["ids"], json::array({3}));
  EXPECT_EQ(saved_json(folder, "special_tokens_map.json")["mask_token"], "[MASK]");
}

TEST(TokenizerFolder, NamesAnotherClassWhereTransformersWouldDropASetting) {
  const testing::TempDir folder;
  make_tokenizer({.max_word_chars = 200}).save(folder.path(), 128);
  EXPECT_EQ(saved_json(folder, "tokenizer_config.json")["tokenizer_class"], "PreTrainedTokenizerFast");
}

TEST(TokenizerFolder, RefusesAPathWithoutATokenizer) {
  const testing::TempDir folder;
  EXPECT_ERROR(load_tokenizer(folder.path()), ErrorKind::kUsage,
               "vocab.txt, tokenizer.json or tokenizer.model is expected");
  EXPECT_ERROR(load_tokenizer(folder / "nowhere"), ErrorKind::kUsage, "nowhere");
}

TEST(TokenizerFolder, RefusesBrokenJsonAndWrongTypesInOneLine) {
  const testing::TempDir folder;
  folder.write("vocab.txt", kVocab);
  folder.write("tokenizer_config.json", "{\"do_lower_case\": tru");
  EXPECT_ERROR(load_tokenizer(folder.path()), ErrorKind::kInput, "tokenizer_config.json: line 1, column ");
  folder.write("tokenizer_config.json", "{\"do_lower_case\": \"yes\"}");
  EXPECT_ERROR(load_tokenizer(folder.path()), ErrorKind::kInput, "\"do_lower_case\" is \"yes\"");
  folder.write("tokenizer_config.json", "[]");
  EXPECT_ERROR(load_tokenizer(folder.path()), ErrorKind::kInput, "a JSON object is expected");
}

TEST(TokenizerFolder, RefusesATokenizerOfAnotherKind) {
  const testing::TempDir folder;
  make_tokenizer({}).save(folder.path(), 128);
  json object = saved_json(folder, "tokenizer.json");
  object["model"]["type"] = "BPE";
  folder.write("tokenizer.json", object.dump());
  EXPECT_ERROR(load_tokenizer(folder.path()), ErrorKind::kInput, "the model is BPE; only WordPiece is supported");
  object["normalizer"] = nullptr;
  folder.write("tokenizer.json", object.dump());
  EXPECT_ERROR(load_tokenizer(folder.path()), ErrorKind::kInput, "the normalizer is none");
}

TEST(TokenizerFolder, RefusesATokenizerJsonWhoseIdsHaveGaps) {
  const testing::TempDir folder;
  make_tokenizer({}).save(folder.path(), 128);
  json object = saved_json(folder, "tokenizer.json");
  object["model"]["vocab"]["##\u00E9"] = 9;
  folder.write("tokenizer.json", object.dump());
  EXPECT_ERROR(load_tokenizer(folder.path()), ErrorKind::kInput, "the id of \"##\u00E9\" is 9; 0 to 6");
}

TEST(TokenizerFolder, RefusesATokenizerJsonThatGivesAnIdTwice) {
  const testing::TempDir folder;
  make_tokenizer({}).save(folder.path(), 128);
  json object = saved_json(folder, "tokenizer.json");
  object["model"]["vocab"]["##\u00E9"] = 5;
  folder.write("tokenizer.json", object.dump());
  EXPECT_ERROR(load_tokenizer(folder.path()), ErrorKind::kInput, "have the same id, 5");
}

TEST(TokenizerFolder, RefusesNumbersOfTheWrongKindAndNestingWithoutEnd) {
  const testing::TempDir folder;
  make_tokenizer({}).save(folder.path(), 128);
  json object = saved_json(folder, "tokenizer.json");
  object["model"]["max_input_chars_per_word"] = 2.9;
  folder.write("tokenizer.json", object.dump());
  EXPECT_ERROR(load_tokenizer(folder.path()), ErrorKind::kInput, "2.9; it must be a whole number");
  folder.write("tokenizer.json", "{\"x\": 1e999}");
  EXPECT_ERROR(load_tokenizer(folder.path()), ErrorKind::kInput, "tokenizer.json: no JSON");
  make_tokenizer({}).save(folder.path(), 128);
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  folder.write("tokenizer_config.json", R"({"tokenizer_class": "BertTokenizer", "do_lower_case": )" + deep + "}");
  EXPECT_ERROR(load_tokenizer(folder.path()), ErrorKind::kInput, "\"do_lower_case\" is of type array");
}

// What AutoTokenizer of transformers 5.17 was found to do; tests/interop/tokenizer_test.py asks it again.
TEST(TokenizerFolder, TheClassDecidesWhetherTheConfigOrTheJsonMakesTheNormalizer) {
  const TokenizerConfig by_json = {.lowercase = false, .strip_accents = "false", .split_cjk = false}, by_class = {};
  const char* model = R"({"model_type": "bert"})";
  struct Case {
    const char *config, *model;
    TokenizerConfig expected;
  };
  const Case cases[] = {
      {nullptr, nullptr, by_json},
      {nullptr, model, by_class},
      {"{}", nullptr, by_json},
      {"{}", model, by_class},
      {R"({"do_lower_case": true})", nullptr, by_json},
      {R"({"do_lower_case": false})", model, {.lowercase = false}},
      {R"({"tokenizer_class": "BertTokenizer"})", nullptr, by_class},
      {R"({"tokenizer_class": "BertTokenizerFast", "strip_accents": true})", nullptr, {.strip_accents = "true"}},
      {R"({"tokenizer_class": "PreTrainedTokenizerFast", "do_lower_case": true})", model, by_json},
      {R"({"tokenizer_class": "TokenizersBackend", "tokenize_chinese_chars": true})", nullptr, by_json},
  };
  for (const Case& each : cases) {
    const testing::TempDir folder;
    make_tokenizer(by_json).save(folder.path(), 128);
    std::filesystem::remove(folder / "tokenizer_config.json");
    if (each.config != nullptr) folder.write("tokenizer_config.json", each.config);
    if (each.model != nullptr) folder.write("config.json", each.model);
    EXPECT_EQ(config_of(*load_tokenizer(folder.path())), each.expected)
        << (each.config == nullptr ? "none" : each.config) << (each.model == nullptr ? "" : ", config.json");
  }
}

TEST(TokenizerFolder, PiecesOfWhiteSpaceAreEqualToTheLinesThatCannotHoldThem) {
  const testing::TempDir folder;
  const WordPieceTokenizer saved(Vocabulary({"[UNK]", "\u2028", "a"}, "v"), {}, "v");
  saved.save(folder.path(), 128);
  EXPECT_EQ(load_tokenizer(folder.path())->fingerprint(), saved.fingerprint());
}

TEST(TokenizerFolder, RefusesANameThatNoFileCanHave) {
  EXPECT_ERROR(load_tokenizer(std::string(300, 'x')), ErrorKind::kUsage, "File name too long");
}

TEST(TokenizerFolder, RefusesTwoFilesThatDisagree) {
  const testing::TempDir folder;
  make_tokenizer({}).save(folder.path(), 128);
  folder.write("vocab.txt", kVocab);
  EXPECT_ERROR(load_tokenizer(folder.path()), ErrorKind::kInput,
               "vocab.txt:6: differs from the tokenizer.json beside it");
}

TEST(TokenizerFolder, PreTrainingAsksForAllSpecialTokensByName) {
  EXPECT_NO_THROW(require_special_tokens(make_tokenizer({}), "v.txt"));
  const WordPieceTokenizer poor(Vocabulary({"[UNK]", "[CLS]"}, "v"), {}, "v");
  EXPECT_ERROR(require_special_tokens(poor, "v.txt"), ErrorKind::kInput,
               "v.txt: the vocabulary lacks special tokens: pad, sep, mask");
  EXPECT_ERROR(require_cls_and_sep(poor, "v.txt"), ErrorKind::kInput,
               "v.txt: the vocabulary lacks special tokens: sep; [CLS] and [SEP], or");
  EXPECT_NO_THROW(require_cls_and_sep(WordPieceTokenizer(Vocabulary({"[UNK]", "[CLS]", "[SEP]"}, "v"), {}, "v"), "v"));
}

}  // namespace
}  // namespace bertforge
