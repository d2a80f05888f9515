#include "bertforge/text/vocabulary_coverage.h"

#include <gmock/gmock.h>

#include "bertforge/text/wordpiece_tokenizer.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

using ::testing::ElementsAre;

const WordPieceTokenizer& toy_tokenizer() {
  static const WordPieceTokenizer kTokenizer(
      Vocabulary({"[PAD]", "[UNK]", "[unused0]", "ab", "a", "##b", "##\u00E9\u00E9", "zzz"}, "v"), {}, "v");
  return kTokenizer;
}

TEST(VocabularyContents, CountsPiecesOfOneCharacterAndNamesTheLongest) {
  const VocabularyContents contents = vocabulary_contents(toy_tokenizer());
  EXPECT_EQ(contents.num_pieces, 8);
  EXPECT_EQ(contents.num_continuing, 2);
  EXPECT_EQ(contents.num_single_char, 2);
  EXPECT_THAT(contents.longest, ElementsAre("zzz", "ab", "##\u00E9\u00E9", "a", "##b"));
}

TEST(VocabularyCoverage, CountsPiecesUnknownWordsAndCharactersThatWereDropped) {
  const VocabularyCoverage coverage =
      measure_coverage({{"ab", 3}, {"abb", 1}, {"qca\u00DF", 4}, {"\u00DFa", 1}}, toy_tokenizer());
  EXPECT_EQ(coverage.num_words, 9);
  EXPECT_EQ(coverage.num_pieces, 3 + 2 + 4 + 1);
  EXPECT_DOUBLE_EQ(coverage.unknown_rate(), 5.0 / 9);
  EXPECT_DOUBLE_EQ(coverage.pieces_per_word(), 10.0 / 9);
  EXPECT_DOUBLE_EQ(coverage.single_char_rate(), 1.0 / 10);
  EXPECT_EQ(coverage.num_unused_pieces, 3);  // a, zzz and the one of two accents; [PAD] and [unused0] are special.
  EXPECT_EQ(coverage.num_dropped_chars, 3);
  EXPECT_THAT(coverage.dropped_chars, ElementsAre("\u00DF", "c", "q"));
}

TEST(VocabularyCoverage, DoesNotExpectSpecialTokensOfAnyKindInText) {
  const WordPieceTokenizer tokenizer(Vocabulary({"[UNK]", "[ENT]", "ab", "b"}, "v"),
                                     {.extra_special_tokens = {"[ENT]"}}, "v");
  EXPECT_EQ(measure_coverage({{"ab", 1}}, tokenizer).num_unused_pieces, 1);
  EXPECT_THAT(vocabulary_contents(tokenizer).longest, ElementsAre("ab", "b"));
}

TEST(VocabularyCoverage, OfACorpusLeavesOutTheMarker) {
  const testing::TempDir folder;
  const auto corpus = open_corpus("lines", {folder.write("c.txt", "AB <unk> ab\nabq\n").string()});
  const VocabularyCoverage coverage = measure_coverage(*corpus, {.marker = kWikiTextUnknown}, toy_tokenizer());
  EXPECT_EQ(coverage.num_words, 3);
  EXPECT_EQ(coverage.num_unknown_words, 1);
}

TEST(VocabularyCoverage, OfNoWordIsZero) {
  const VocabularyCoverage coverage = measure_coverage({}, toy_tokenizer());
  EXPECT_EQ(coverage.pieces_per_word(), 0);
  EXPECT_EQ(coverage.single_char_rate(), 0);
}

}  // namespace
}  // namespace bertforge
