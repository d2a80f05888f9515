#include "bertforge/text/vocabulary_coverage.h"

#include <gtest/gtest.h>

namespace bertforge {
namespace {

TEST(VocabularyCoverage, CountsPiecesUnknownWordsAndCharactersThatWereDropped) {
  const WordPieceTokenizer tokenizer(Vocabulary({"[UNK]", "ab", "a", "##b"}, "v"), {}, "v");
  const VocabularyCoverage coverage = measure_coverage({{"ab", 3}, {"abb", 1}, {"qa\u00DF", 4}}, tokenizer);
  EXPECT_EQ(coverage.num_words, 8);
  EXPECT_EQ(coverage.num_pieces, 3 + 2 + 4);
  EXPECT_EQ(coverage.num_dropped_chars, 2);
  EXPECT_DOUBLE_EQ(coverage.unknown_rate(), 0.5);
  EXPECT_DOUBLE_EQ(coverage.pieces_per_word(), 9.0 / 8);
}

}  // namespace
}  // namespace bertforge
