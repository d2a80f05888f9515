#include "bertforge/text/vocabulary_trainer.h"

#include <gmock/gmock.h>

#include "support/error_matchers.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

TEST(VocabularyAlgorithms, AreFoundByNameAndOthersAreRefusedWithTheNearest) {
  for (const VocabularyAlgorithm& entry : vocabulary_algorithms()) {
    EXPECT_EQ(find_vocabulary_algorithm(entry.name).learn, entry.learn);
  }
  EXPECT_ERROR(find_vocabulary_algorithm("pair"), ErrorKind::kUsage, "did you mean pairs?");
  EXPECT_ERROR(VocabularyConfig{.algorithm = "pair"}.validate(), ErrorKind::kUsage, "did you mean pairs?");
}

class TrainVocabulary : public ::testing::TestWithParam<std::string> {
 protected:
  LearnedVocabulary learn(const VocabularyConfig& config, const TokenizerConfig& tokenizer, int num_threads) {
    const auto corpus = open_corpus("lines", {file_.string()});
    return train_vocabulary({.corpus = *corpus, .num_threads = num_threads}, config, tokenizer);
  }

  static std::string text() {
    std::string text;
    for (int i = 0; i < 700; ++i) text += concat("word", i % 37, " <unk> and number ", i, i % 5 == 0 ? "\n\n" : "\n");
    return text;
  }

  const testing::TempDir folder_;
  const std::filesystem::path file_ = folder_.write("corpus.txt", text());
};

TEST_P(TrainVocabulary, LearnsTheSameOnAnyNumberOfThreads) {
  const VocabularyConfig config = {.algorithm = GetParam(), .vocab_size = 200};
  const LearnedVocabulary one = learn(config, {}, 1), three = learn(config, {}, 3);
  EXPECT_EQ(one.tokenizer->fingerprint(), three.tokenizer->fingerprint());
  EXPECT_GT(one.tokenizer->vocabulary_size(), 50);
  EXPECT_EQ(one.coverage.num_pieces, three.coverage.num_pieces);
  EXPECT_EQ(one.coverage.num_unknown_words, 0);
}

TEST_P(TrainVocabulary, CallsSpecialTokensAsTheTokenizerDoes) {
  const auto learned = learn({.algorithm = GetParam(), .vocab_size = 200}, {.unknown_token = "<oov>"}, 1);
  EXPECT_EQ(learned.tokenizer->piece(learned.tokenizer->special_tokens().unknown), "<oov>");
  EXPECT_ERROR(learn({.algorithm = GetParam(), .special_tokens = {"[PAD]"}}, {}, 1), ErrorKind::kUsage,
               "special_tokens lacks [UNK]");
}

TEST_P(TrainVocabulary, TakesWhatTheUserListsForSpecial) {
  const auto learned =
      learn({.algorithm = GetParam(), .vocab_size = 200, .special_tokens = {"[UNK]", "[entity]", "[MASK]"}}, {}, 1);
  EXPECT_EQ(learned.tokenizer->piece(1), "[entity]");
  EXPECT_EQ(learned.tokenizer->decode({{1}}, true), "");
  if (GetParam() == "sentencepiece") return;  // It finds the five with a task in text.
  std::vector<TokenId> ids;
  learned.tokenizer->encode("[entity]", ids, SpecialTokensInText::kMatch);
  EXPECT_EQ(ids, std::vector<TokenId>{1});
}

TEST_P(TrainVocabulary, ExpectsNoTextToHaveWhatTheUserListsForSpecial) {
  const auto num_unused = [&](std::int64_t size, const std::vector<std::string>& specials) {
    return learn({.algorithm = GetParam(), .vocab_size = size, .special_tokens = specials}, {}, 1)
        .coverage.num_unused_pieces;
  };
  EXPECT_EQ(num_unused(201, {"[UNK]", "[ENTITY]", "[MASK]"}), num_unused(200, {"[UNK]", "[MASK]"}));
}

TEST_P(TrainVocabulary, KeepsRowsForUnusedPieces) {
  const auto learned = learn({.algorithm = GetParam(), .vocab_size = 200, .num_unused = 3}, {}, 1);
  EXPECT_EQ(learned.tokenizer->piece(5), "[unused0]");
  EXPECT_EQ(learned.tokenizer->piece(7), "[unused2]");
  EXPECT_ERROR(learn({.algorithm = GetParam(), .special_tokens = {"[UNK]", "[unused0]"}, .num_unused = 1}, {}, 1),
               ErrorKind::kUsage, "twice");
}

TEST_P(TrainVocabulary, LearnsFromASampleThatDependsOnSentencesAlone) {
  const VocabularyConfig half = {.algorithm = GetParam(), .vocab_size = 200, .sample = 0.5};
  const std::int64_t num_words = learn(half, {}, 1).coverage.num_words;
  EXPECT_NEAR(static_cast<double>(num_words), 0.5 * 700 * 7, 0.06 * 700 * 7);
  EXPECT_EQ(learn(half, {}, 3).tokenizer->fingerprint(), learn(half, {}, 1).tokenizer->fingerprint());
  EXPECT_ERROR(learn({.algorithm = GetParam(), .sample = 1e-9}, {}, 1), ErrorKind::kInput, "sample may be too small");
}

TEST_P(TrainVocabulary, SaysWhyThereAreFewerPiecesThanAskedFor) {
  const auto learned = learn({.algorithm = GetParam(), .vocab_size = 20000}, {}, 1);
  EXPECT_LT(learned.tokenizer->vocabulary_size(), 20000);
  const std::string what_bounds_it = GetParam() == "sentencepiece" ? "max_token_length" : "min_frequency";
  EXPECT_THAT(learned.why_smaller, ::testing::HasSubstr(what_bounds_it));
}

TEST(TrainVocabularyByPairs, IsOfTheSizeAskedForAndThenSaysNothing) {
  const testing::TempDir folder;
  const auto corpus = open_corpus("lines", {folder.write("c.txt", "ab abc abc\n").string()});
  const auto learned = train_vocabulary({.corpus = *corpus}, {.vocab_size = 12}, {});
  EXPECT_EQ(learned.tokenizer->vocabulary_size(), 12);
  EXPECT_EQ(learned.why_smaller, "");
}

TEST(TrainVocabularyByPairs, GivesExtraSpecialTokensARowBehindTheOthers) {
  const testing::TempDir folder;
  const std::string file = folder.write("c.txt", "ab abc abc\n").string();
  const auto corpus = open_corpus("lines", {file});
  const auto learned = train_vocabulary({.corpus = *corpus}, {.vocab_size = 20, .num_unused = 2},
                                        {.extra_special_tokens = {"[unused1]", "[ENT]"}});
  EXPECT_EQ(learned.tokenizer->piece(4), "[MASK]");
  EXPECT_EQ(learned.tokenizer->piece(5), "[ENT]");
  EXPECT_EQ(learned.tokenizer->piece(7), "[unused1]");
  std::vector<TokenId> ids;
  learned.tokenizer->encode("[ENT][unused1]", ids, SpecialTokensInText::kMatch);
  EXPECT_EQ(ids, (std::vector<TokenId>{5, 7}));
}

TEST(RequireTrainable, NeedsPiecesThatContinueAWordToBeToldFromOthers) {
  for (const char* algorithm : {"pairs", "tf-text"}) {
    EXPECT_ERROR(require_trainable({.algorithm = algorithm}, {.suffix_indicator = ""}), ErrorKind::kUsage,
                 "suffix_indicator (--suffix-indicator) is empty");
  }
}

TEST(RequireTrainable, KnowsWhatSentencepieceHasNot) {
  const VocabularyConfig config = {.algorithm = "sentencepiece"};
  EXPECT_NO_THROW(require_trainable(config, {}));
  for (const char* strips : {"true", "false"}) {
    EXPECT_ERROR(require_trainable(config, {.strip_accents = strips}), ErrorKind::kUsage,
                 "strip_accents does not apply");
  }
  EXPECT_ERROR(require_trainable({.algorithm = "sentencepiece", .character_coverage = 0.9}, {}), ErrorKind::kUsage,
               "character_coverage is 0.9");
  EXPECT_ERROR(require_trainable({.algorithm = "sentencepiece", .max_token_length = 513}, {}), ErrorKind::kUsage,
               "max_token_length is 513; sentencepiece has pieces of up to 512 characters");
  EXPECT_NO_THROW(
      require_trainable({.algorithm = "sentencepiece", .max_token_length = 512, .character_coverage = 0.98}, {}));
}

INSTANTIATE_TEST_SUITE_P(ByEveryAlgorithm, TrainVocabulary, ::testing::ValuesIn(vocabulary_algorithm_names()),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace bertforge
