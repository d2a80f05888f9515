#include "bertforge/app/corpus.h"

#include "bertforge/base/log.h"
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

TEST(CorpusFormat, IsJsonlWhereTheFirstLineIsAnObject) {
  const testing::TempDir folder;
  const auto objects = folder.write("a.jsonl", "\n{\"text\": \"One. Two. Three.\"}\n");
  EXPECT_EQ(resolve_corpus_format({.files = {objects.string()}}), "jsonl");
  const auto damaged = folder.write("c.jsonl", "{\"text\": \"\xff\"}\n");
  EXPECT_EQ(resolve_corpus_format({.files = {damaged.string()}}), "jsonl");
  const auto braces = folder.write("b.txt", "{not an object}\n");
  EXPECT_EQ(resolve_corpus_format({.files = {braces.string()}}), "lines");
}

TEST(CorpusFormat, IsParagraphsWhereLinesHaveSeveralSentences) {
  const testing::TempDir folder;
  const auto prose =
      folder.write("a.txt", "He came. She left. They met.\n\nIt rained.\nThe mill stood. Its wheel turned.\n");
  EXPECT_EQ(resolve_corpus_format({.files = {prose.string()}}), "paragraphs");
}

TEST(CorpusFormat, WhatIsNamedIsTaken) {
  EXPECT_EQ(resolve_corpus_format({.files = {"-"}, .format = "lines"}), "lines");
}

TEST(CorpusFormat, OfStandardInputCannotBeGuessed) {
  EXPECT_ERROR(resolve_corpus_format({.files = {"-"}}), ErrorKind::kUsage, "standard input");
  EXPECT_ERROR(resolve_corpus_format({}), ErrorKind::kUsage, "no text files");
}

std::string warning_of(const InvalidUtf8& invalid) {
  const testing::TempDir folder;
  add_log_file(folder / "log");
  warn_of_invalid_utf8(invalid);
  remove_log_files();
  return testing::contents_of(folder / "log");
}

TEST(InvalidUtf8, IsToldInOneWarningThatNamesTheFirstPlace) {
  EXPECT_THAT(warning_of({.num_replacements = 5, .num_lines = 4, .first_place = "a.txt:17"}),
              ::testing::HasSubstr("a.txt:17: bytes that are no UTF-8, and in 3 more lines (5 places); each was"));
  EXPECT_THAT(warning_of({.num_replacements = 3, .num_lines = 2, .first_place = "a.txt:17"}),
              ::testing::HasSubstr("UTF-8, and in 1 more line (3 places);"));
  EXPECT_THAT(warning_of({.num_replacements = 1, .num_lines = 1, .first_place = "a.txt:1"}),
              ::testing::HasSubstr("a.txt:1: bytes that are no UTF-8 (1 place); each was"));
}

TEST(InvalidUtf8, IsNotWarnedOfWhereThereIsNone) { EXPECT_EQ(warning_of({}), ""); }

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
