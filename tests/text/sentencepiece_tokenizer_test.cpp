#include "bertforge/text/sentencepiece_tokenizer.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "bertforge/formats/json.h"
#include "bertforge/text/tokenizer_folder.h"
#include "bertforge/text/vocabulary_trainer.h"
#include "support/error_matchers.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TempDir;

constexpr auto kMatch = SpecialTokensInText::kMatch;

const std::string kCorpus =
    "東京は日本の首都です。\n私は東京に住んでいます。\n大阪と東京は遠いです。\n日本の夏は暑いです。\n"
    "The cat sat on the mat.\nThe dog sat on the cat.\nA cat and a dog sat on the mat.\n"
    "แมวนั่งบนเสื่อ\nหมานั่งบนเสื่อ\n";

LearnedVocabulary learn(const VocabularyConfig& config, const TokenizerConfig& settings = {}, int num_threads = 1,
                        const std::string& corpus = kCorpus) {
  const TempDir folder;
  const auto reader = open_corpus("lines", {folder.write("corpus.txt", corpus).string()});
  return train_vocabulary({.corpus = *reader, .num_threads = num_threads}, config, settings);
}

VocabularyConfig config_of(const std::string& model_type, std::int64_t size = 110) {
  VocabularyConfig config;
  config.algorithm = "sentencepiece";
  config.model_type = model_type;
  config.vocab_size = size;
  return config;
}

std::vector<std::string> pieces_of(const Tokenizer& tokenizer, std::string_view text,
                                   SpecialTokensInText specials = SpecialTokensInText::kAreText) {
  std::vector<TokenId> ids;
  tokenizer.encode(text, ids, specials);
  std::vector<std::string> pieces;
  for (const TokenId id : ids) pieces.push_back(tokenizer.piece(id));
  return pieces;
}

std::string model_bytes(const Tokenizer& tokenizer) {
  const TempDir folder;
  tokenizer.save(folder.path(), 512);
  return testing::contents_of(folder / kSentencePieceModelName);
}

class SentencePiece : public ::testing::TestWithParam<const char*> {
 protected:
  static const Tokenizer& tokenizer() {
    static const LearnedVocabulary unigram = learn(config_of("unigram")), bpe = learn(config_of("bpe"));
    return *(std::string(GetParam()) == "bpe" ? bpe : unigram).tokenizer;
  }
};

INSTANTIATE_TEST_SUITE_P(ModelTypes, SentencePiece, ::testing::Values("unigram", "bpe"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(SentencePiece, HasTheSpecialTokensFirst) {
  const SpecialTokens& ids = tokenizer().special_tokens();
  EXPECT_EQ(ids.pad, 0);
  EXPECT_EQ(ids.unknown, 1);
  EXPECT_EQ(ids.cls, 2);
  EXPECT_EQ(ids.sep, 3);
  EXPECT_EQ(ids.mask, 4);
  EXPECT_EQ(tokenizer().piece(4), "[MASK]");
}

TEST_P(SentencePiece, WritesTextThatWasLearnedFromInFewPieces) {
  EXPECT_LT(pieces_of(tokenizer(), "the cat sat on the mat.").size(), 20u);
  EXPECT_LT(pieces_of(tokenizer(), "東京は日本の首都です。").size(), 11u);
}

TEST_P(SentencePiece, DecodesWhatItEncoded) {
  for (const std::string text : {"the cat sat on the mat.", "東京は日本の首都です。", "แมวนั่งบนเสื่อ", ""}) {
    std::vector<TokenId> ids;
    tokenizer().encode(text, ids);
    EXPECT_EQ(tokenizer().decode(ids), text);
  }
}

TEST_P(SentencePiece, LeavesSpecialTokensOutOfDecodedTextOnlyWhereAsked) {
  std::vector<TokenId> ids = {2};
  tokenizer().encode("a cat", ids);
  ids.push_back(3);
  EXPECT_EQ(tokenizer().decode(ids, true), "a cat");
  EXPECT_EQ(tokenizer().decode(ids, false), "[CLS] a cat[SEP]");
  const std::vector<TokenId> outside = {static_cast<TokenId>(tokenizer().vocabulary_size())};
  EXPECT_ERROR(tokenizer().decode(outside), ErrorKind::kInput, "outside the vocabulary");
}

TEST_P(SentencePiece, NeverTurnsTextIntoSpecialTokens) {
  for (const std::string text : {"[MASK]", "a [CLS] b", "［ＭＡＳＫ］", "[PAD][SEP]"}) {
    std::vector<TokenId> ids;
    tokenizer().encode(text, ids);
    for (const TokenId id : ids) EXPECT_TRUE(id == 1 || id > 4) << text << " has " << id;
  }
}

TEST_P(SentencePiece, MatchesSpecialTokensInTextWhereAsked) {
  EXPECT_THAT(pieces_of(tokenizer(), "[MASK]", kMatch), ElementsAre("[MASK]"));
  EXPECT_THAT(pieces_of(tokenizer(), " [CLS] [MASK][SEP] ", kMatch), ElementsAre("[CLS]", "[MASK]", "[SEP]"));
  EXPECT_THAT(pieces_of(tokenizer(), "x[UNK]", kMatch), ::testing::Contains("[UNK]"));
}

// A masked piece in the middle of a sentence: what follows it begins a word only where a space stands.
TEST_P(SentencePiece, PutsASpaceBehindAMatchedTokenOnlyWhereOneStands) {
  EXPECT_EQ(pieces_of(tokenizer(), "[MASK]は", kMatch)[1].substr(0, 3), "は");
  EXPECT_EQ(pieces_of(tokenizer(), "[MASK] は", kMatch)[1].substr(0, 3), "\u2581");
}

TEST_P(SentencePiece, KnowsWhichPiecesContinueAWord) {
  for (TokenId id = 0; id < tokenizer().vocabulary_size(); ++id) {
    const bool expected = id > 4 && !tokenizer().piece(id).starts_with("\u2581");
    EXPECT_EQ(tokenizer().continues_word(id), expected) << tokenizer().piece(id);
  }
}

TEST_P(SentencePiece, GivesOffsetsThatJoinToTheText) {
  const std::string text = "the  cat sat 東京は";
  const std::vector<Token> tokens = tokenizer().encode_with_offsets(text);
  std::vector<TokenId> ids;
  tokenizer().encode(text, ids);
  ASSERT_EQ(tokens.size(), ids.size());
  std::uint32_t byte = 0, character = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    EXPECT_EQ(tokens[i].id, ids[i]);
    EXPECT_EQ(tokens[i].byte_begin, byte);
    EXPECT_EQ(tokens[i].char_begin, character);
    byte = tokens[i].byte_end, character = tokens[i].char_end;
  }
  EXPECT_EQ(byte, text.size());
  EXPECT_EQ(character, 16u);
}

TEST_P(SentencePiece, ReadsBrokenUtf8AsReplacementCharactersAndKeepsItsPlaces) {
  const std::string broken = "a cat\xE6\x9D at", repaired = "a cat\uFFFD at";
  EXPECT_EQ(pieces_of(tokenizer(), broken), pieces_of(tokenizer(), repaired));
  const std::vector<Token> tokens = tokenizer().encode_with_offsets(broken);
  EXPECT_EQ(tokens.back().byte_end, broken.size());
  EXPECT_EQ(tokens.back().char_end, 9u);
}

TEST_P(SentencePiece, CutsLongTextWithoutChangingItsIds) {
  std::string line, text;
  for (int i = 0; i < 1000; ++i) line += "the cat sat on the mat. 東京は日本の首都です。 ";
  while (text.size() < 3 << 20) text += line;
  std::vector<TokenId> of_line, expected, ids;
  tokenizer().encode(line, of_line);
  for (std::size_t i = 0; i < text.size() / line.size(); ++i) {
    expected.insert(expected.end(), of_line.begin(), of_line.end());
  }
  tokenizer().encode(text, ids);
  EXPECT_EQ(ids, expected);
}

TEST_P(SentencePiece, CutsTextWithoutSpacesSomewhereAndPutsNoSpaceThere) {
  std::string text;
  while (text.size() < 9 << 19) text += "東京は日本の首都です。";
  std::vector<TokenId> ids;
  tokenizer().encode(text, ids);
  EXPECT_EQ(tokenizer().decode(ids), text);
  const std::vector<Token> tokens = tokenizer().encode_with_offsets(text);
  EXPECT_EQ(tokens.size(), ids.size());
  EXPECT_EQ(tokens.back().byte_end, text.size());
}

TEST_P(SentencePiece, CanBeCutAtSpacesUnlessItsModelMakesADifferenceThere) {
  const std::string bytes = model_bytes(tokenizer());
  struct Case {
    const char* what;
    std::string more;  // Behind the model's fields, whose values it replaces or adds to.
    bool expected;
  };
  const Case cases[] = {
      {"as learned", "", true},
      {"spaces count one by one", {"\x1a\x02\x20\x00", 4}, false},
      {"no space before the text", {"\x1a\x02\x18\x00", 4}, false},
      {"a tab is no space", {"\x1a\x02\x12\x00", 4}, false},
      {"a user's piece over a space",
       {"\x0a\x0e\x0a\x05"
        "a\u2581z"
        "\x15\x00\x00\x80\x3f\x18\x04",
        16},
       false},
  };
  for (const auto& [what, more, expected] : cases) {
    const SentencePieceTokenizer loaded(bytes + more, {}, what);
    const Tokenizer& changed = loaded;
    EXPECT_EQ(changed.can_be_cut_at_spaces(SpecialTokensInText::kAreText), expected) << what;
    EXPECT_EQ(changed.can_be_cut_at_spaces(kMatch), expected) << what;
    bool is_same = true;  // What is told, seen at texts.
    for (const auto& [begin, end] : {std::pair{"the cat ", "sat"}, {"the cat\t", "sat"}, {"a ", "z"}, {" \r", " \t"}}) {
      std::vector<TokenId> whole, parts;
      changed.encode(std::string(begin) + end, whole);
      changed.encode(begin, parts);
      changed.encode(end, parts);
      is_same = is_same && whole == parts;
    }
    EXPECT_EQ(is_same, expected) << what;
  }
}

TEST_P(SentencePiece, CannotBeCutAtTheSpaceOfASpecialToken) {
  const TokenizerConfig names{.mask_token = "[MASK ED]"};
  const auto learned = learn(config_of(GetParam()), names).tokenizer;
  EXPECT_TRUE(learned->can_be_cut_at_spaces(SpecialTokensInText::kAreText));
  EXPECT_FALSE(learned->can_be_cut_at_spaces(kMatch));
}

TEST_P(SentencePiece, ComesBackFromItsFolderWithEqualIds) {
  const TempDir folder;
  tokenizer().save(folder.path(), 512);
  const auto loaded = load_tokenizer(folder.path());
  EXPECT_EQ(loaded->fingerprint(), tokenizer().fingerprint());
  EXPECT_EQ(pieces_of(*loaded, kCorpus), pieces_of(tokenizer(), kCorpus));
  const auto bare = load_tokenizer(folder / kSentencePieceModelName);
  EXPECT_EQ(bare->fingerprint(), tokenizer().fingerprint());
}

TEST_P(SentencePiece, IsLearnedAlikeOnAnyNumberOfThreads) {
  const std::string one = model_bytes(*learn(config_of(GetParam()), {}, 1).tokenizer);
  EXPECT_EQ(one, model_bytes(*learn(config_of(GetParam()), {}, 3).tokenizer));
  EXPECT_EQ(one, model_bytes(tokenizer()));
}

TEST_P(SentencePiece, RefusesAModelThatEndsEarly) {
  const std::string bytes = model_bytes(*learn(config_of(GetParam(), 80)).tokenizer);
  const std::size_t step = bytes.size() / 997;  // All lengths of the pieces, which stand first, and some of the rest.
  for (std::size_t size = 0; size < bytes.size(); size += size < 3000 ? 1 : step) {
    try {
      SentencePieceTokenizer(bytes.substr(0, size), {}, "short.model");
      ADD_FAILURE() << "a model of " << size << " bytes of " << bytes.size() << " is taken";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kInput);
      EXPECT_THAT(error.what(), HasSubstr("short.model"));
    }
  }
}

TEST_P(SentencePiece, SurvivesAModelWithAFlippedByte) {
  const std::string bytes = model_bytes(*learn(config_of(GetParam(), 80)).tokenizer);
  const std::size_t normalizer = bytes.find("nmt_nfkc_cf");
  ASSERT_NE(normalizer, std::string::npos);
  std::vector<std::size_t> places;
  for (std::size_t at = 0; at < normalizer; at += 11) places.push_back(at);
  for (std::size_t at = normalizer; at < normalizer + 40; ++at) places.push_back(at);  // Up to the root of the trie.
  for (std::size_t at = normalizer + 40; at < bytes.size(); at += bytes.size() / 199) places.push_back(at);
  for (const std::size_t at : places) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ (at % 2 == 0 ? 0xFF : 1 << at % 7));
    try {
      const SentencePieceTokenizer loaded(damaged, {}, "damaged.model");
      pieces_of(loaded, kCorpus + "㍿ｶﾞé\u0301 [MASK]x", kMatch);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kInput) << error.what();
    }
  }
}

TEST(SentencePieceTrainer, HasSpecialTokensOfOtherNamesAndOrder) {
  VocabularyConfig config = config_of("unigram");
  config.special_tokens = {"<s>", "[a,\"b\"]", "<unk>", "<mask>", "<pad>", "</s>"};
  const TokenizerConfig names{.lowercase = false,
                              .unknown_token = "<unk>",
                              .pad_token = "<pad>",
                              .cls_token = "<s>",
                              .sep_token = "</s>",
                              .mask_token = "<mask>"};
  const auto learned = learn(config, names).tokenizer;
  for (std::size_t i = 0; i < config.special_tokens.size(); ++i)
    EXPECT_EQ(learned->piece(static_cast<TokenId>(i)), config.special_tokens[i]);
  EXPECT_EQ(learned->special_tokens().unknown, 2);
  EXPECT_EQ(learned->special_tokens().pad, 4);
  EXPECT_EQ(learned->special_tokens().sep, 5);
}

TEST(SentencePieceTrainer, FoldsCaseUnlessCased) {
  EXPECT_THAT(pieces_of(*learn(config_of("bpe")).tokenizer, "THE"), ElementsAre("\u2581the"));
  const auto cased = learn(config_of("bpe", 120), {.lowercase = false}).tokenizer;
  EXPECT_NE(pieces_of(*cased, "THE"), pieces_of(*cased, "the"));
}

TEST(SentencePieceTrainer, LearnsFromASampleOfFixedSizeThatIsAlwaysTheSame) {
  VocabularyConfig config = config_of("unigram", 90);
  config.input_sentence_size = 4;
  const std::string model = model_bytes(*learn(config).tokenizer);
  EXPECT_EQ(model, model_bytes(*learn(config).tokenizer));
  config.input_sentence_size = 5;
  EXPECT_NE(model, model_bytes(*learn(config).tokenizer));
}

TEST(SentencePieceTrainer, SaysTheSmallestSizeThatHasRoom) {
  EXPECT_ERROR(learn(config_of("bpe", 20)), ErrorKind::kUsage, "20 pieces is too small");
}

TEST(SentencePieceTrainer, RefusesSettingsThatDoNotApply) {
  VocabularyConfig config = config_of("bpe");
  config.limit_alphabet = 7;
  EXPECT_ERROR(learn(config), ErrorKind::kUsage, "limit_alphabet does not apply to sentencepiece; character_coverage");
  EXPECT_ERROR(learn(config_of("bpe"), {.split_cjk = false}), ErrorKind::kUsage, "split_cjk does not apply");
  config = config_of("bpe");
  config.initial_alphabet = "q";
  EXPECT_ERROR(learn(config), ErrorKind::kUsage, "initial_alphabet");
}

TEST(SentencePieceTrainer, ItsSettingsAreRefusedByOtherAlgorithms) {
  VocabularyConfig config = config_of("bpe");
  config.algorithm = "pairs";
  EXPECT_ERROR(learn(config), ErrorKind::kUsage,
               "model_type is a setting of algorithm sentencepiece, and this is pairs");
}

TEST(SentencePieceTrainer, RefusesACorpusWhoseSentencesAreAllTooLong) {
  EXPECT_ERROR(learn(config_of("bpe"), {}, 1, std::string(5000, 'a') + "\n"), ErrorKind::kInput,
               "no sentence to learn");
}

TEST(SentencePieceFolder, RefusesATokenizerJsonOfOtherPieces) {
  const TempDir folder;
  learn(config_of("unigram")).tokenizer->save(folder.path(), 512);
  nlohmann::json object = read_json_object(folder / "tokenizer.json");
  object["model"]["vocab"][7][0] = "other";
  folder.write("tokenizer.json", object.dump());
  EXPECT_ERROR(load_tokenizer(folder.path()), ErrorKind::kInput, "other pieces than the tokenizer.model beside it");
}

TEST(SentencePieceFolder, RefusesAVocabularyBesideTheModelAndFlagsThatDoNotApply) {
  const TempDir folder;
  learn(config_of("unigram")).tokenizer->save(folder.path(), 512);
  TokenizerOverrides flags;
  flags.lowercase = true;
  EXPECT_ERROR(load_tokenizer(folder.path(), flags), ErrorKind::kUsage, "--lowercase does not apply");
  folder.write("vocab.txt", "[UNK]\n");
  EXPECT_ERROR(load_tokenizer(folder.path()), ErrorKind::kInput, "both vocab.txt and tokenizer.model");
}

TEST(SentencePieceFolder, RefusesASpecialTokenThatIsAnOrdinaryPiece) {
  const std::string bytes = model_bytes(*learn(config_of("bpe")).tokenizer);
  EXPECT_ERROR(SentencePieceTokenizer(bytes, {.mask_token = "\u2581the"}, "m.model"), ErrorKind::kInput,
               "m.model: \u2581the is an ordinary piece");
}

}  // namespace
}  // namespace bertforge
