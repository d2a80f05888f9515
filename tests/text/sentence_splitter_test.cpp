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

TEST(SentenceSplitter, KeepsTitlesAndInitialsWithTheNameBehindThem) {
  EXPECT_THAT(sentences_of("Dr. Ames met J. R. Brown in the U.S. Army base. St. Paul's opened."),
              ElementsAre("Dr. Ames met J. R. Brown in the U.S. Army base.", "St. Paul's opened."));
  EXPECT_THAT(sentences_of("Gen. Lee (\u201CDr. No\u201D) slept. (Dr. Ames did not.)"),
              ElementsAre("Gen. Lee (\u201CDr. No\u201D) slept.", "(Dr. Ames did not.)"));
}

TEST(SentenceSplitter, EndsASentenceBehindLettersWhereAWordFollowsThatOpensOne) {
  EXPECT_THAT(sentences_of("They left the U.S. They came to D.C. It is hot."),
              ElementsAre("They left the U.S.", "They came to D.C.", "It is hot."));
  EXPECT_THAT(sentences_of("So do I. Ann does not."), ElementsAre("So do I.", "Ann does not."));
  EXPECT_THAT(sentences_of("He stayed in the U.S."), ElementsAre("He stayed in the U.S."));
}

TEST(SentenceSplitter, TakesAnyNumberOfOpeningMarks) {
  EXPECT_EQ(sentences_of("He left. " + std::string(1 << 20, '(') + "Then he came. So?").size(), 3u);
}

TEST(SentenceSplitter, GoesOnBehindAQuotationBeforeASmallLetter) {
  EXPECT_THAT(sentences_of("\u201CIs it true?\u201D she asked. \"Stop!\" he said. \"Go.\" He left."),
              ElementsAre("\u201CIs it true?\u201D she asked.", "\"Stop!\" he said.", "\"Go.\"", "He left."));
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
