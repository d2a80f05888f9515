#include "bertforge/text/vocabulary.h"

#include <gmock/gmock.h>

#include "support/error_matchers.h"
#include "support/shared_path.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> pieces_of(std::string_view content) {
  const testing::TempDir folder;
  return Vocabulary::from_file(folder.write("vocab.txt", content)).pieces();
}

TEST(Vocabulary, HasAPieceALineWhoseNumberIsTheId) {
  EXPECT_THAT(pieces_of("[UNK]\nthe\n##s\n"), ElementsAre("[UNK]", "the", "##s"));
  EXPECT_THAT(pieces_of("[UNK]\nthe"), ElementsAre("[UNK]", "the"));
}

TEST(Vocabulary, TakesWhiteSpaceAtALinesEndForNoPartOfThePiece) {
  EXPECT_THAT(pieces_of("[UNK]\r\nthe \t\r\n a\u3000\n"), ElementsAre("[UNK]", "the", " a"));
}

TEST(Vocabulary, KeepsTheIdOfALineOfWhiteSpaceAlone) {
  EXPECT_THAT(pieces_of("a\n\u2028\nb\n"), ElementsAre("a", "", "b"));
}

TEST(Vocabulary, FindsIdsByPieceAndPiecesById) {
  const Vocabulary vocabulary({"[UNK]", "the", "##s"}, "test");
  EXPECT_EQ(vocabulary.find("##s"), 2);
  EXPECT_EQ(vocabulary.find("s"), std::nullopt);
  EXPECT_EQ(vocabulary.piece(1), "the");
  EXPECT_EQ(vocabulary.to_text(), "[UNK]\nthe\n##s\n");
}

TEST(Vocabulary, StaysUsableWhenMoved) {
  Vocabulary first({"a", "b"}, "test");
  const Vocabulary second = std::move(first);
  EXPECT_EQ(second.find("b"), 1);
}

TEST(Vocabulary, RefusesDuplicatesAndNamesBothLines) {
  EXPECT_ERROR(pieces_of("a\nb\na\n"), ErrorKind::kInput, "vocab.txt:3: \"a\" stands in line 1");
}

TEST(Vocabulary, RefusesAnEmptyFile) { EXPECT_ERROR(pieces_of(""), ErrorKind::kInput, "empty"); }

TEST(Vocabulary, RefusesBytesThatAreNotUtf8AndNamesTheLine) {
  EXPECT_ERROR(pieces_of("a\nb\xFF\n"), ErrorKind::kInput, "vocab.txt:2: the piece is not UTF-8");
}

TEST(Vocabulary, ReadsThePublishedOnes) {
  for (const auto& [name, size] :
       {std::pair{"uncased", 30522}, {"cased", 28996}, {"chinese", 21128}, {"multilingual-cased", 119547}}) {
    BERTFORGE_REQUIRE_SHARED(file, std::string("data/vocab/bert-base-") + name + ".txt");
    EXPECT_EQ(Vocabulary::from_file(file).size(), size) << name;
  }
}

}  // namespace
}  // namespace bertforge
