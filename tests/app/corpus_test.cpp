#include "bertforge/app/corpus.h"

#include "support/error_matchers.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

TEST(CorpusFormat, IsWikiTextWhereATitleStandsAmongTheFirstLines) {
  const testing::TempDir folder;
  const auto articles = folder.write("a.txt", " \n = A Title = \n \n Some text . \n");
  EXPECT_EQ(resolve_corpus_format({.files = {articles.string()}}), "wikitext");
}

TEST(CorpusFormat, IsLinesOtherwiseHeadingsOfSectionsIncluded) {
  const testing::TempDir folder;
  const auto lines = folder.write("a.txt", "One sentence.\nTwo = three.\n\n = = A section = = \n");
  EXPECT_EQ(resolve_corpus_format({.files = {lines.string()}}), "lines");
}

TEST(CorpusFormat, WhatIsNamedIsTaken) {
  EXPECT_EQ(resolve_corpus_format({.files = {"-"}, .format = "lines"}), "lines");
}

TEST(CorpusFormat, OfStandardInputCannotBeGuessed) {
  EXPECT_ERROR(resolve_corpus_format({.files = {"-"}}), ErrorKind::kUsage, "standard input");
  EXPECT_ERROR(resolve_corpus_format({}), ErrorKind::kUsage, "no text files");
}

TEST(LearnVocabulary, CallsSpecialTokensAsTheTokenizerDoes) {
  const testing::TempDir folder;
  const auto text = folder.write("a.txt", "a bc bc\n");
  TokenizerConfig tokenizer;
  tokenizer.unknown_token = "<unknown>";
  learn_vocabulary({.files = {text.string()}, .format = "lines"}, {.vocab_size = 20}, tokenizer, folder / "v", 1);
  EXPECT_THAT(testing::contents_of(folder / "v/vocab.txt"), ::testing::StartsWith("[PAD]\n<unknown>\n[CLS]\n"));
}

}  // namespace
}  // namespace bertforge
