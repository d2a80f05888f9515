#include "bertforge/data/dataset_builder.h"

#include <gtest/gtest.h>

#include <cmath>

#include "bertforge/data/duplicates.h"
#include "bertforge/text/sentence_splitter.h"
#include "bertforge/text/wordpiece_tokenizer.h"
#include "support/error_matchers.h"
#include "support/temp_dir.h"
#include "support/toy_dataset.h"

namespace bertforge::testing {
namespace {

// Enough text for several chunks: 3,001 documents, 1.5 MB.
std::vector<Document> many_documents() {
  std::vector<Document> documents(3001);
  for (int d = 0; d < 3001; ++d) {
    for (int s = 0; s <= d % 7; ++s) {
      std::string sentence;
      for (int w = 0; w <= (d + s) % 83; ++w) sentence += std::to_string(5 + (d * 31 + s * 7 + w) % 94) + " ";
      documents[d].sentences.push_back(sentence);
    }
  }
  return documents;
}

DatasetMeta build(const std::filesystem::path& folder, std::vector<Document> documents, const BuildConfig& config = {},
                  int num_threads = 2) {
  VectorReader reader(std::move(documents));
  return build_dataset(reader, ToyTokenizer(), folder, config, {{"toy.txt"}, "lines"}, {.num_threads = num_threads});
}

std::vector<TokenId> all_ids(const std::filesystem::path& folder) {
  const TokenStore store(folder);
  std::vector<TokenId> ids;
  store.append({0, store.meta().counts.tokens}, ids);
  return ids;
}

TEST(DatasetBuilder, WritesTheSameBytesForAnyNumberOfThreads) {
  const TempDir temp;
  build(temp / "1", many_documents(), {}, 1);
  for (const char* num_threads : {"2", "5"}) {
    build(temp / num_threads, many_documents(), {}, std::stoi(num_threads));
    for (const char* file : {"tokens.bin", "sentences.bin", "documents.bin", "meta.json"}) {
      EXPECT_TRUE(contents_of(temp / num_threads / file) == contents_of(temp / "1" / file))
          << file << ", " << num_threads;
    }
  }
  EXPECT_EQ(TokenStore(temp / "5").num_documents(), 3001);
}

TEST(DatasetBuilder, KeepsDocumentsAndSentencesInOrder) {
  const TempDir temp;
  build(temp / "d", {{{"5 6", "7"}}, {{"8 9 10"}}});
  EXPECT_EQ(all_ids(temp / "d"), (std::vector<TokenId>{5, 6, 7, 8, 9, 10}));
  const TokenStore store(temp / "d");
  EXPECT_EQ(store.num_sentences(0), 2);
  EXPECT_EQ(store.num_sentences(1), 1);
  EXPECT_EQ(store.index().num_tokens(1), 1);
}

TEST(DatasetBuilder, SplitsParagraphsIntoSentences) {
  const TempDir temp;
  const WordPieceTokenizer tokenizer(Vocabulary({"[UNK]", "he", "came", "she", "left", "."}, "v"), {}, "v");
  const auto reader = open_corpus("paragraphs", {temp.write("a.txt", "He came. She left.\nShe came.\n").string()});
  const DatasetMeta meta = build_dataset(*reader, tokenizer, temp / "d", {}, {});
  EXPECT_EQ(meta.counts.documents, 1);
  EXPECT_EQ(meta.counts.sentences, 3);
  EXPECT_EQ(all_ids(temp / "d"), (std::vector<TokenId>{1, 2, 5, 3, 4, 5, 3, 2, 5}));
}

TEST(DatasetBuilder, DropsAndCountsWhatHasNoToken) {
  const TempDir temp;
  const DatasetMeta meta = build(temp / "d", {{{"5", " ", "6"}}, {{"  "}}, {{}}, {{"7"}}});
  EXPECT_EQ(
      meta.counts,
      (DatasetCounts{.documents = 2, .sentences = 3, .tokens = 3, .dropped_documents = 2, .dropped_sentences = 2}));
  EXPECT_EQ(TokenStore(temp / "d").meta().counts, meta.counts);
}

TEST(DatasetBuilder, CountsDocumentsThatAreEqualAndDropsAllButTheFirstOnRequest) {
  const TempDir temp;
  // The second differs from the first in where a sentence ends.
  const std::vector<Document> documents = {{{"5 6", "7"}}, {{"5", "6 7"}}, {{"5 6", "7"}}, {{"8"}}, {{"5 6", "7"}}};
  const DatasetMeta kept = build(temp / "kept", documents);
  EXPECT_EQ(kept.counts.documents, 5);
  EXPECT_EQ(kept.counts.duplicate_documents, 2);

  VectorReader reader(documents);
  const DatasetMeta dropped =
      build_dataset(reader, ToyTokenizer(), temp / "dropped", {}, {}, {.selection = {.drop_duplicates = true}});
  EXPECT_EQ(dropped.counts.documents, 3);
  EXPECT_EQ(dropped.counts.duplicate_documents, 2);
  EXPECT_FALSE(kept.drop_duplicates);
  EXPECT_TRUE(dropped.drop_duplicates);
  EXPECT_EQ(all_ids(temp / "dropped"), (std::vector<TokenId>{5, 6, 7, 5, 6, 7, 8}));
  EXPECT_EQ(TokenStore(temp / "dropped").meta().counts, dropped.counts);
}

TEST(DatasetBuilder, HoldsOutAShareOfTheDocumentsWithoutCuttingOrSharingAny) {
  const TempDir temp;
  for (const int num_threads : {1, 3}) {
    VectorReader reader(many_documents());
    const std::string name = std::to_string(num_threads);
    build_dataset(
        reader, ToyTokenizer(), temp / ("train" + name), {}, {},
        {.num_threads = num_threads, .selection = {.valid_fraction = 0.2}, .valid_folder = temp / ("valid" + name)});
  }
  const TokenStore train(temp / "train1"), valid(temp / "valid1");
  EXPECT_EQ(train.num_documents() + valid.num_documents(), 3001);
  // Five standard deviations; equal documents among the 3,001 make it a little wider.
  EXPECT_NEAR(static_cast<double>(valid.num_documents()), 0.2 * 3001, 5 * std::sqrt(0.2 * 0.8 * 3001));
  EXPECT_EQ(count_common_documents(valid, train), 0);
  for (const char* side : {"train", "valid"}) {
    EXPECT_EQ(all_ids(temp / (std::string(side) + "1")), all_ids(temp / (std::string(side) + "3")));
  }
}

TEST(DatasetBuilder, RefusesASplitThatLeavesOneSideEmptyAndLeavesNothing) {
  const TempDir temp;
  VectorReader reader({{{"5 6", "7"}}});
  EXPECT_ERROR(build_dataset(reader, ToyTokenizer(), temp / "train", {}, {},
                             {.selection = {.valid_fraction = 0.5}, .valid_folder = temp / "valid"}),
               ErrorKind::kInput, "both sides need one at least");
  EXPECT_FALSE(std::filesystem::exists(temp / "train"));
  EXPECT_FALSE(std::filesystem::exists(temp / "valid"));
}

TEST(DatasetBuilder, ReadsTheUnknownMarkerAsUnknownUnlessItIsKept) {
  const TempDir temp;
  const WordPieceTokenizer tokenizer(Vocabulary({"[UNK]", "<", "unk", ">", "six"}, "v"), {}, "v");
  const auto ids_of = [&](const char* name, bool keep_unk) {
    VectorReader reader({{{"<unk> six<unk>"}}});
    const DatasetMeta meta = build_dataset(reader, tokenizer, temp / name, {.keep_unk = keep_unk}, {});
    EXPECT_EQ(meta.keep_unk, keep_unk);
    EXPECT_EQ(meta.counts.unknown_tokens, keep_unk ? 0 : 1);
    return all_ids(temp / name);
  };
  EXPECT_EQ(ids_of("unknown", false), (std::vector<TokenId>{0, 4, 1, 2, 3}));  // Inside a word the marker is text.
  EXPECT_EQ(ids_of("kept", true), (std::vector<TokenId>{1, 2, 3, 4, 1, 2, 3}));
}

TEST(DatasetBuilder, CountsBrokenUtf8AlikeForAnyNumberOfThreads) {
  const TempDir temp;
  std::string text;
  for (int line = 0; line < 40'000; ++line) text += line % 1000 == 7 ? "5 \xE9 \xFC\n" : "6 7 8 9 10 11\n\n";
  const std::string file = temp.write("a.txt", text).string();
  for (const int num_threads : {1, 5}) {
    const auto reader = open_corpus("lines", {file});
    const auto folder = temp / std::to_string(num_threads);
    build_dataset(*reader, ToyTokenizer(), folder, {}, {}, {.num_threads = num_threads});
    EXPECT_EQ(TokenStore(folder).meta().counts.invalid_utf8, 80) << num_threads;
  }
}

TEST(DatasetBuilder, SaysWhichIcuSplitTheText) {
  const TempDir temp;
  EXPECT_EQ(build(temp / "d", {{{"5 6"}}}).icu_version, icu_version());
}

TEST(DatasetBuilder, RefusesACorpusWithoutText) {
  const TempDir temp;
  EXPECT_ERROR(build(temp / "d", {{{" "}}}), ErrorKind::kInput, "no text in toy.txt");
  EXPECT_FALSE(std::filesystem::exists(temp / "d"));
}

class FailingReader : public VectorReader {
 public:
  using VectorReader::VectorReader;
  bool next(Document& document) override {
    if (++num_read_ > 2000) fail(ErrorKind::kInput, "toy.txt:2001: broken");
    return VectorReader::next(document);
  }

 private:
  int num_read_ = 0;
};

TEST(DatasetBuilder, LeavesNothingWhereReadingFails) {
  const TempDir temp;
  for (const int num_threads : {1, 4}) {
    FailingReader reader(many_documents());
    EXPECT_ERROR(build_dataset(reader, ToyTokenizer(), temp / "d", {}, {}, {.num_threads = num_threads}),
                 ErrorKind::kInput, "toy.txt:2001: broken");
    EXPECT_TRUE(std::filesystem::is_empty(temp.path()));
  }
}

}  // namespace
}  // namespace bertforge::testing
