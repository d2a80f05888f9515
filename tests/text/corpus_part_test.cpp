#include "bertforge/text/corpus_part.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "bertforge/text/corpus_reader.h"
#include "support/compressed_texts.h"
#include "support/error_matchers.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

using Documents = std::vector<std::vector<std::string>>;

struct Read {
  Documents documents;
  std::int64_t num_invalid = 0;
};

Read read_all(std::string_view format, const CorpusPart& part) {
  const auto reader = open_corpus(format, part.files, {.ranges = part.ranges, .may_be_empty = true});
  Read read;
  for (Document document; reader->next(document);) read.documents.push_back(document.sentences);
  read.num_invalid = reader->invalid_utf8().num_replacements;
  return read;
}

void expect_parts_make_the_whole(std::string_view format, const std::vector<std::string>& files,
                                 const std::vector<std::int64_t>& counts = {1, 2, 3, 7, 40}) {
  const Read whole = read_all(format, {files, {}});
  for (const std::int64_t count : counts) {
    Read joined;
    for (std::int64_t index = 1; index <= count; ++index) {
      const Read part = read_all(format, part_of_corpus(format, files, {index, count}));
      joined.documents.insert(joined.documents.end(), part.documents.begin(), part.documents.end());
      joined.num_invalid += part.num_invalid;
    }
    EXPECT_EQ(joined.documents, whole.documents) << format << " in " << count;
    EXPECT_EQ(joined.num_invalid, whole.num_invalid) << format << " in " << count;
  }
}

// Lines of all kinds, of which some mean something to each format.
std::string random_text(std::mt19937& random) {
  static const char* const kLines[] = {
      "",   " ",      "one",    "A b c. D e.", " = Title = ", " = = Part = = ",
      "\r", "\xFF x", "\u3000", "x\r",         "= a =",       "long long long long long long long"};
  std::string text;
  for (int i = static_cast<int>(random() % 60); i > 0; --i)
    text += std::string(kLines[random() % std::size(kLines)]) + "\n";
  if (random() % 2 == 0) text += "the end";
  return text;
}

TEST(CorpusPart, PartsOfAnyCorpusAreTogetherTheWhole) {
  std::mt19937 random(7);
  for (int trial = 0; trial < 60; ++trial) {
    const testing::TempDir folder;
    std::vector<std::string> files;
    for (int i = 0; i < 1 + trial % 3; ++i) {
      files.push_back(
          folder.write(std::to_string(i), (trial % 5 == 0 ? "\xEF\xBB\xBF" : "") + random_text(random)).string());
    }
    for (const char* format : {"lines", "paragraphs", "wikitext"}) expect_parts_make_the_whole(format, files);
  }
}

TEST(CorpusPart, LeavesDocumentsBehindALineOfManyPartsWhereTheyAre) {
  const testing::TempDir folder;
  const std::string text = "zero\n\n" + std::string(std::size_t{36} << 20, 'x') + "\n\none\n\ntwo\n\nthree\n";
  expect_parts_make_the_whole("lines", {folder.write("a", text).string()}, {4});
}

TEST(CorpusPart, CutsJsonLinesAtAnyLine) {
  const testing::TempDir folder;
  std::string text;
  for (int i = 0; i < 30; ++i)
    text += "{\"text\": \"number " + std::to_string(i * i * i) + "\"}\n" + (i % 4 == 0 ? "\n" : "");
  expect_parts_make_the_whole("jsonl", {folder.write("a", text).string(), folder.write("b", text).string()});
  const CorpusPart second = part_of_corpus("jsonl", {(folder / "a").string()}, {2, 2});
  EXPECT_NEAR(static_cast<double>(second.ranges[0].begin), 0.5 * static_cast<double>(text.size()), 70);
}

TEST(CorpusPart, LeavesCompressedFilesWhole) {
  const testing::TempDir folder;
  std::vector<std::string> files;
  for (const auto& [name, bytes] : testing::compressed_texts()) {
    files.push_back(folder.write(name, bytes).string());
    files.push_back(folder.write(name + ".txt", testing::kUncompressedText).string());
  }
  expect_parts_make_the_whole("lines", files);
}

TEST(CorpusPart, DividesTheBytesEvenly) {
  const testing::TempDir folder;
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "a sentence of the document\n\n";
  const std::string file = folder.write("a", text).string();
  for (std::int64_t index = 1; index <= 4; ++index) {
    const ByteRange range = part_of_corpus("lines", {file}, {index, 4}).ranges.front();
    const std::uint64_t end = std::min<std::uint64_t>(range.end, text.size());
    EXPECT_NEAR(static_cast<double>(end - range.begin), static_cast<double>(text.size()) / 4, 60);
  }
}

TEST(CorpusPart, NamesTheBytesWhereAMessageCannotKnowTheLine) {
  const testing::TempDir folder;
  const std::string file =
      folder.write("a", "{\"text\": \"one\"}\n{\"text\": \"two\"}\n{\"text\": \"three\"}\n[]\n").string();
  const CorpusPart part = part_of_corpus("jsonl", {file}, {2, 2});
  const auto reader = open_corpus("jsonl", part.files, {.ranges = part.ranges});
  EXPECT_ERROR(
      {
        for (Document document; reader->next(document);) continue;
      },
      ErrorKind::kInput, "a from byte 50:1: array; a JSON object is expected");
}

TEST(CorpusPart, RefusesWhatCannotBeReadInParts) {
  EXPECT_ERROR(part_of_corpus("lines", {"-"}, {1, 2}), ErrorKind::kUsage, "standard input cannot be read in parts");
  EXPECT_ERROR(part_of_corpus("lines", {"/dev/null"}, {1, 2}), ErrorKind::kUsage, "is no file on disk");
  EXPECT_ERROR(part_of_corpus("lines", {"/nowhere"}, {1, 2}), ErrorKind::kUsage, "there is no such file");
}

}  // namespace
}  // namespace bertforge
