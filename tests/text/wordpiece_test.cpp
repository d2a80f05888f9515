#include "bertforge/text/wordpiece.h"

#include <gmock/gmock.h>

namespace bertforge {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class WordPieceTest : public ::testing::Test {
 protected:
  std::vector<TokenId> ids(std::string_view word) const {
    std::vector<WordPart> parts;
    wordpiece_.encode(word, parts);
    std::vector<TokenId> ids;
    for (const WordPart& part : parts) ids.push_back(part.id);
    return ids;
  }

  const Vocabulary vocabulary_{
      {"[UNK]", "want", "##want", "##ed", "wa", "un", "runn", "##ing", "\u00E9t\u00E9", "##\u00E9", "##"}, "test"};
  const WordPiece wordpiece_{vocabulary_, 0, "##", {7}};
};

TEST_F(WordPieceTest, TakesTheLongestPieceThatFits) {
  // A word of google-research/bert, tokenization_test.py (Apache-2.0).
  EXPECT_THAT(ids("unwanted"), ElementsAre(0));  // Eight characters are more than seven.
  EXPECT_THAT(ids("wanted"), ElementsAre(1, 3));
  EXPECT_THAT(ids("running"), ElementsAre(6, 7));
}

TEST_F(WordPieceTest, MakesAWordUnknownAsAWholeWhereNothingFits) {
  EXPECT_THAT(ids("wantedX"), ElementsAre(0));
  EXPECT_THAT(ids("x"), ElementsAre(0));
  EXPECT_THAT(ids("waing"), ElementsAre(4, 7));
}

TEST_F(WordPieceTest, HasNoPieceForNoWord) { EXPECT_THAT(ids(""), IsEmpty()); }

TEST_F(WordPieceTest, CountsTheLimitInCharactersNotBytes) {
  EXPECT_THAT(ids("\u00E9t\u00E9\u00E9\u00E9\u00E9\u00E9"), ElementsAre(8, 9, 9, 9, 9));
  EXPECT_THAT(ids("\u00E9t\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9"), ElementsAre(0));
}

TEST_F(WordPieceTest, SaysWhichBytesAPieceStandsFor) {
  std::vector<WordPart> parts = {{9, 0, 1}};
  wordpiece_.encode("\u00E9t\u00E9ed", parts);
  ASSERT_EQ(parts.size(), 3u);  // The one that was there, and two.
  EXPECT_EQ(parts[1].end, 5u);
  EXPECT_EQ(parts[2].begin, 5u);
  EXPECT_EQ(parts[2].end, 7u);
}

}  // namespace
}  // namespace bertforge
