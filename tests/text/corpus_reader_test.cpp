#include "bertforge/text/corpus_reader.h"

#include <gmock/gmock.h>

#include <fstream>

#include "bertforge/text/vocabulary.h"
#include "bertforge/text/wordpiece_tokenizer.h"
#include "support/compressed_texts.h"
#include "support/error_matchers.h"
#include "support/shared_path.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

using ::testing::ElementsAre;
using Sentences = std::vector<std::string>;

std::vector<Sentences> documents_of(std::string_view format, const std::vector<std::string>& contents) {
  const testing::TempDir folder;
  std::vector<std::string> files;
  for (const std::string& content : contents) {
    files.push_back(folder.write(std::to_string(files.size()) + ".txt", content).string());
  }
  const auto reader = open_corpus(format, files);
  std::vector<Sentences> documents;
  for (Document document; reader->next(document);) documents.push_back(document.sentences);
  EXPECT_EQ(reader->num_bytes_read(), reader->num_bytes_total());
  return documents;
}

TEST(LinesReader, EndsADocumentAtBlankLines) {
  EXPECT_THAT(documents_of("lines", {"\n\na\nb\n \t\n\nc\n"}), ElementsAre(Sentences{"a", "b"}, Sentences{"c"}));
}

TEST(LinesReader, EndsADocumentWhereAFileEnds) {
  EXPECT_THAT(documents_of("lines", {"a\nb", "", "c"}), ElementsAre(Sentences{"a", "b"}, Sentences{"c"}));
}

TEST(LinesReader, EndsLinesAtLineFeedsOnlyAndPassesOverAByteOrderMark) {
  EXPECT_THAT(documents_of("lines", {"\uFEFFa\rb\u2028c\n"}), ElementsAre(Sentences{"a\rb\u2028c"}));
  EXPECT_THAT(documents_of("lines", {"a\r\n\r\nb\r\n"}).size(), 2u);
}

TEST(LinesReader, TakesAllWhiteSpaceOfUnicodeForBlank) {
  EXPECT_THAT(documents_of("lines", {"a\n\u3000\nb\n \u00A0\t\nc\n"}),
              ElementsAre(Sentences{"a"}, Sentences{"b"}, Sentences{"c"}));
}

TEST(LinesReader, CutsADocumentThatWouldFillMemory) {
  const testing::TempDir folder;
  {
    std::ofstream file(folder / "large.txt", std::ios::binary);
    const std::string line(std::size_t{1} << 20, 'a');
    for (int i = 0; i < 70; ++i) file << line << '\n';
  }
  for (const char* format : {"lines", "wikitext"}) {
    const auto reader = open_corpus(format, {(folder / "large.txt").string()});
    std::vector<std::size_t> sizes;
    for (Document document; reader->next(document);) sizes.push_back(document.sentences.size());
    EXPECT_THAT(sizes, ElementsAre(64, 6)) << format;
  }
}

TEST(CorpusReader, CutsDocumentsWhereTheCallerHasNoUseForThem) {
  const testing::TempDir folder;
  for (const std::string_view format : {"lines", "wikitext"}) {
    const auto reader =
        open_corpus(format, {folder.write("a.txt", "one\ntwo\nthree\n").string()}, {.max_document_bytes = 70});
    std::vector<std::size_t> sizes;
    for (Document document; reader->next(document);) sizes.push_back(document.sentences.size());
    EXPECT_THAT(sizes, ElementsAre(2, 1)) << format;  // 32 bytes beside the text of each sentence.
  }
}

TEST(CorpusReader, ReadsCompressedFilesAsWhatIsInThem) {
  const std::string plain(testing::kUncompressedText);
  for (const testing::CompressedText& compressed : testing::compressed_texts()) {
    EXPECT_EQ(documents_of("lines", {compressed.bytes, plain}), documents_of("lines", {plain, plain}))
        << compressed.name;
  }
}

TEST(CorpusReader, RefusesFilesThatAreNoText) {
  using namespace std::string_literals;
  EXPECT_ERROR(documents_of("lines", {"a\n", "PK\x03\x04..."}), ErrorKind::kInput, "1.txt is a zip archive");
  EXPECT_ERROR(documents_of("lines", {"\xFF\xFE" + "a\0b\0"s}), ErrorKind::kInput, "iconv -f UTF-16");
  EXPECT_ERROR(documents_of("lines", {"s\0o\0m\0e\0 \0\n\0t\0e\0x\0t\0\n\0"s}), ErrorKind::kInput, "0.txt is no text");
  EXPECT_EQ(documents_of("lines", {"a\0b and much other text\n"s}).size(), 1u);  // An accident.
}

TEST(WikiTextReader, UndoesItsJoinsOnRequest) {
  const testing::TempDir folder;
  const std::string file =
      folder.write("a.txt", " = Title = \n\n A well @-@ known 3 @.@ 5 of 1 @,@ 000 @-@ 2 @-@ 3 , @-@ and @ - @ . \n")
          .string();
  for (const bool undo : {false, true}) {
    const auto reader = open_corpus("wikitext", {file}, {.undo_joins = undo});
    Document document;
    ASSERT_TRUE(reader->next(document));
    EXPECT_EQ(document.sentences.front(), undo ? "A well-known 3.5 of 1,000-2-3 ,-and @ - @ ."
                                               : "A well @-@ known 3 @.@ 5 of 1 @,@ 000 @-@ 2 @-@ 3 , @-@ and @ - @ .");
  }
}

TEST(WikiTextReader, StartsAnArticleAtATitleBetweenBlankLines) {
  EXPECT_THAT(
      documents_of(
          "wikitext",
          {" \n = One = \n \n A first . A second . \n \n = = Part = = \n \n Third . \n \n = Two = \n \n Fourth . \n"}),
      ElementsAre(Sentences{"A first .", "A second .", "Third ."}, Sentences{"Fourth ."}));
}

TEST(WikiTextReader, TakesAMarkerWithoutBlankLinesForText) {
  EXPECT_THAT(documents_of("wikitext", {" = One = \n \n so that \n = 3 = \n holds . \n"}),
              ElementsAre(Sentences{"so that", "= 3 =", "holds ."}));
}

TEST(WikiTextReader, ReadsATitleAtTheEdgesOfAFile) {
  EXPECT_THAT(documents_of("wikitext", {"= One =\n\nText .\n\n= Empty =", "= Two =\n\nMore ."}),
              ElementsAre(Sentences{"Text ."}, Sentences{"More ."}));
}

TEST(WikiTextReader, FindsTheArticlesOfWikiText2) {
  for (const auto& [name, expected] : {std::pair{"train", 600}, {"valid", 60}, {"test", 60}}) {
    BERTFORGE_REQUIRE_SHARED(file, std::string("data/wikitext-2/wiki.") + name + ".tokens");
    const auto reader = open_corpus("wikitext", {file.string()});
    int num_documents = 0;
    for (Document document; reader->next(document);) ++num_documents;
    EXPECT_EQ(num_documents, expected) << name;
  }
}

TEST(LinesReader, GoesOnInTheNextFileWhereFilesAreJoined) {
  const testing::TempDir folder;
  const std::vector<std::string> files = {folder.write("a.txt", "a\n").string(),
                                          folder.write("b.txt", "b\n\nc").string()};
  const auto reader = open_corpus("lines", files, {.join_files = true});
  Document document;
  ASSERT_TRUE(reader->next(document));
  EXPECT_THAT(document.sentences, ElementsAre("a", "b"));
  ASSERT_TRUE(reader->next(document));
  EXPECT_THAT(document.sentences, ElementsAre("c"));
  EXPECT_FALSE(reader->next(document));
}

TEST(ParagraphsReader, GivesALineAsAParagraphAndEndsDocumentsAtBlankLines) {
  EXPECT_THAT(documents_of("paragraphs", {"He came. She left.\nNo.\n\nYes.\n", "Then."}),
              ElementsAre(Sentences{"He came. She left.", "No."}, Sentences{"Yes."}, Sentences{"Then."}));
  const testing::TempDir folder;
  const std::string file = folder.write("a.txt", "a\n").string();
  EXPECT_TRUE(open_corpus("paragraphs", {file})->gives_paragraphs());
  EXPECT_FALSE(open_corpus("lines", {file})->gives_paragraphs());
}

TEST(JsonlReader, TakesTheTextOfEveryObjectAndItsLinesForParagraphs) {
  EXPECT_THAT(documents_of("jsonl", {R"({"id": 1, "text": "One. Two.\nThree."})"
                                     "\n\n"
                                     R"({"text": " "})"
                                     "\n"
                                     R"({"text": "caf\u00e9"})"}),
              ElementsAre(Sentences{"One. Two.", "Three."}, Sentences{"caf\u00e9"}));
}

TEST(JsonlReader, TakesTheMemberThatIsNamed) {
  const testing::TempDir folder;
  const auto reader = open_corpus("jsonl", {folder.write("a.jsonl", R"({"text": "no", "body": "yes"})").string()},
                                  {.text_field = "body"});
  Document document;
  ASSERT_TRUE(reader->next(document));
  EXPECT_THAT(document.sentences, ElementsAre("yes"));
}

TEST(JsonlReader, ReadsBytesThatAreNoUtf8AsReplacementsAndCountsThem) {
  const testing::TempDir folder;
  const auto reader = open_corpus("jsonl", {folder.write("a.jsonl", "{\"text\": \"na\xefve\"}\n").string()});
  Document document;
  ASSERT_TRUE(reader->next(document));
  EXPECT_THAT(document.sentences, ElementsAre("na\uFFFDve"));
  EXPECT_EQ(reader->invalid_utf8().num_replacements, 1);
}

TEST(JsonlReader, NamesMembersInOneShortLine) {
  const std::string name(5000, 'k');
  try {
    documents_of("jsonl", {"{\"a\\n\\u001b\": 1, \"" + name + "\": 2}\n"});
    FAIL();
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_LT(message.size(), 300u);
    EXPECT_EQ(message.find_first_of("\n\x1b"), std::string::npos);
  }
}

TEST(JsonlReader, SaysWhichLineIsWrongAndWhatWouldBeRight) {
  const auto read = [](std::string_view content) { return documents_of("jsonl", {std::string(content)}); };
  EXPECT_ERROR(read("{\"text\": \"a\"}\n{\"title\": 1, \"body\": 2}\n"), ErrorKind::kInput,
               "0.txt:2: no member \"text\"; there are \"body\", \"title\" (--text-field names");
  EXPECT_ERROR(read("[1]\n"), ErrorKind::kInput, "0.txt:1: array; a JSON object is expected");
  EXPECT_ERROR(read("{\"text\": 7}\n"), ErrorKind::kInput, "is a number; a string is expected");
  EXPECT_ERROR(read("{\"text\": \"a\n"), ErrorKind::kInput, "0.txt:1");
  EXPECT_ERROR(read("\n\n"), ErrorKind::kInput, "a JSON object a line is expected");
}

TEST(CorpusReader, RefusesMissingFilesAndUnknownFormatsBeforeReading) {
  EXPECT_ERROR(open_corpus("lines", {"/nowhere/at/all.txt"}), ErrorKind::kUsage, "/nowhere/at/all.txt");
  EXPECT_ERROR(open_corpus("wikitexts", {"-"}), ErrorKind::kUsage,
               "it must be one of lines, wikitext, paragraphs, jsonl; did you mean wikitext?");
  EXPECT_ERROR(open_corpus("json", {"-"}), ErrorKind::kUsage,
               "\"json\"; it must be one of lines, wikitext, paragraphs, jsonl");
  EXPECT_ERROR(open_corpus("lines", {std::string(300, 'x')}), ErrorKind::kUsage, "File name too long");
  EXPECT_ERROR(open_corpus("lines", {}), ErrorKind::kUsage, "no text files");
}

TEST(CorpusReader, RefusesACorpusWithoutText) {
  EXPECT_ERROR(documents_of("lines", {"\n\n", ""}), ErrorKind::kInput, "no text");
  EXPECT_ERROR(documents_of("wikitext", {" = Title = \n"}), ErrorKind::kInput, "no text");
}

TEST(CorpusReader, KeepsBytesThatAreNotUtf8ForTheTokenizer) {
  EXPECT_THAT(documents_of("lines", {"caf\xE9\n"}), ElementsAre(Sentences{"caf\xE9"}));
  EXPECT_THAT(documents_of("wikitext", {"caf\xE9 , so .\n"}), ElementsAre(Sentences{"caf\xE9 , so ."}));
}

TEST(CorpusReader, CountsBytesThatAreNotUtf8AndSaysWhereTheFirstStand) {
  const testing::TempDir folder;
  const std::string good = folder.write("good.txt", "\uFEFFna\u00EFve \uFFFD .\n").string();
  const std::string bad = folder.write("bad.txt", "one\n\ncaf\xE9 \xE2\x82\ntwo\n = \xFF = ").string();
  for (const char* format : {"lines", "wikitext"}) {
    const auto reader = open_corpus(format, {good, bad, good});
    for (Document document; reader->next(document);) continue;
    EXPECT_EQ(reader->invalid_utf8().num_replacements, 3) << format;
    EXPECT_EQ(reader->invalid_utf8().num_lines, 2) << format;
    EXPECT_EQ(reader->invalid_utf8().first_place, bad + ":3") << format;
  }
}

TEST(CorpusReader, FindsNothingAmissInUtf8) {
  const testing::TempDir folder;
  const auto reader = open_corpus("lines", {folder.write("a.txt", "\uFEFFna\u00EFve\n").string()});
  for (Document document; reader->next(document);) continue;
  EXPECT_EQ(reader->invalid_utf8().num_replacements, 0);
  EXPECT_EQ(reader->invalid_utf8().first_place, "");
}

}  // namespace
}  // namespace bertforge
