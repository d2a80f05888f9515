#include "bertforge/text/sentence_splitter.h"

#include <gmock/gmock.h>
#include <sys/mman.h>

#include "support/error_matchers.h"

namespace bertforge {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> sentences_of(std::string_view paragraph) {
  std::vector<std::string> sentences;
  SentenceSplitter().split(paragraph, sentences);
  return sentences;
}

TEST(SentenceSplitter, SplitsRunningTextWithoutFallingForTitles) {
  EXPECT_THAT(sentences_of("Mr. Ames came at 3.15 p.m. yesterday. Who sent him? Nobody!"),
              ElementsAre("Mr. Ames came at 3.15 p.m. yesterday.", "Who sent him?", "Nobody!"));
}

TEST(SentenceSplitter, SplitsTokenizedTextAtMarksThatStandAlone) {
  EXPECT_THAT(sentences_of(" The U.S. fleet left . It was late ! Why ? <unk> knew . "),
              ElementsAre("The U.S. fleet left .", "It was late !", "Why ?", "<unk> knew ."));
}

TEST(SentenceSplitter, KeepsTokenizedTextTogetherBeforeASmallLetter) {
  EXPECT_THAT(sentences_of("\" Stop ! \" he said , and ... she did ."),
              ElementsAre("\" Stop ! \" he said , and ... she did ."));
}

TEST(SentenceSplitter, GivesAClosingQuotationMarkToTheSentenceItCloses) {
  EXPECT_THAT(sentences_of("He said , \" I know . \" She left . \" So did he . \""),
              ElementsAre("He said , \" I know . \"", "She left .", "\" So did he . \""));
}

TEST(SentenceSplitter, GivesClosingBracketsAndFurtherMarksToTheSentenceBefore) {
  EXPECT_THAT(sentences_of("( It rained . ) Then what ? ! Sun ."),
              ElementsAre("( It rained . )", "Then what ? !", "Sun ."));
}

TEST(SentenceSplitter, KeepsWhatHasNoMarkAsOneSentence) {
  EXPECT_THAT(sentences_of("  Interstate Highways "), ElementsAre("Interstate Highways"));
  EXPECT_THAT(sentences_of(" \t "), IsEmpty());
  EXPECT_THAT(sentences_of(""), IsEmpty());
}

TEST(SentenceSplitter, TellsTokenizedTextFromRunningText) {
  EXPECT_TRUE(is_tokenized_text("The H. americanus , too ."));
  EXPECT_FALSE(is_tokenized_text("One slip , and then, of course, none."));
  EXPECT_TRUE(is_tokenized_text("so it goes ..."));
  EXPECT_FALSE(is_tokenized_text("nothing"));
}

TEST(SentenceSplitter, LeavesOutSentencesOfWhiteSpaceAlone) { EXPECT_THAT(sentences_of("\u3000\u00A0"), IsEmpty()); }

// Never written to, the text takes no memory to speak of: all of it is one page of zeros.
TEST(SentenceSplitter, NamesTheLongestParagraphThatIcuTakes) {
  constexpr std::size_t kSize = std::size_t{1} << 31;
  void* zeros = mmap(nullptr, kSize, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ASSERT_NE(zeros, MAP_FAILED);
  EXPECT_ERROR(sentences_of({static_cast<const char*>(zeros), kSize}), ErrorKind::kInput, "2147483647 at most");
  munmap(zeros, kSize);
}

TEST(IcuVersion, IsAVersionNumber) { EXPECT_THAT(icu_version(), ::testing::MatchesRegex("[0-9]+(\\.[0-9]+)+")); }

}  // namespace
}  // namespace bertforge
