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

INSTANTIATE_TEST_SUITE_P(ByEveryAlgorithm, TrainVocabulary, ::testing::ValuesIn(vocabulary_algorithm_names()),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace bertforge
