#include "bertforge/text/sentence_encoder.h"

#include <gmock/gmock.h>

#include "bertforge/text/corpus_reader.h"
#include "bertforge/text/wordpiece_tokenizer.h"

namespace bertforge {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SentenceEncoding : public ::testing::Test {
 protected:
  std::vector<TokenId> ids(const std::string& sentence, std::string_view marker = kWikiTextUnknown) const {
    std::vector<TokenId> found;
    std::vector<std::int64_t> lengths;
    SentenceEncoder(tokenizer_, marker).encode(std::vector{sentence}, found, lengths);
    EXPECT_THAT(lengths, ElementsAre(std::ssize(found)));
    return found;
  }

  const WordPieceTokenizer tokenizer_{Vocabulary({"a", "<", "unk", ">", "[UNK]", "b", "[MASK]"}, "v"), {}, "v"};
};

TEST_F(SentenceEncoding, ReadsTheMarkerAsUnknownWhereItStandsAlone) {
  EXPECT_THAT(ids("a <unk> b"), ElementsAre(0, 4, 5));
  EXPECT_THAT(ids("<unk> <unk>"), ElementsAre(4, 4));
  EXPECT_THAT(ids("a<unk> b"), ElementsAre(0, 1, 2, 3, 5));
  EXPECT_THAT(ids("a <unk>\r"), ElementsAre(0, 4));
  EXPECT_THAT(ids("a\u3000<unk>\u00A0b"), ElementsAre(0, 4, 5));
  EXPECT_THAT(ids("\u00E9<unk> b"), ElementsAre(4, 1, 2, 3, 5));
  EXPECT_THAT(ids("a <unk> b", ""), ElementsAre(0, 1, 2, 3, 5));
  EXPECT_THAT(ids("[MASK]"), ElementsAre(4, 4, 4));  // Text never becomes a special token.
}

TEST_F(SentenceEncoding, GivesSentencesOneAfterTheOtherWithTheirLengths) {
  SentenceEncoder encoder(tokenizer_, kWikiTextUnknown);
  std::vector<TokenId> ids = {9};
  std::vector<std::int64_t> lengths = {9};
  encoder.encode(std::vector<std::string>{"a b", "", "<unk>", "b <unk> a"}, ids, lengths);
  EXPECT_THAT(ids, ElementsAre(0, 5, 4, 5, 4, 0));
  EXPECT_THAT(lengths, ElementsAre(2, 0, 1, 3));
  encoder.encode({}, ids, lengths);
  EXPECT_THAT(ids, IsEmpty());
  EXPECT_THAT(lengths, IsEmpty());
}

}  // namespace
}  // namespace bertforge
