#include <gtest/gtest.h>

#include "bertforge/data/dataset_builder.h"
#include "bertforge/data/token_store.h"
#include "support/error_matchers.h"
#include "support/temp_dir.h"
#include "support/toy_dataset.h"

namespace bertforge::testing {
namespace {

// Of so few different words that some are equal.
std::vector<Document> documents(int begin, int end) {
  std::vector<Document> documents;
  for (int d = begin; d < end; ++d) {
    Document document;
    for (int s = 0; s <= d % 3; ++s) document.sentences.push_back(std::to_string(5 + d * d % 17) + " 6");
    if (d % 10 == 0) document.sentences = {""};  // Dropped.
    documents.push_back(document);
  }
  return documents;
}

DatasetMeta build_part(const std::filesystem::path& folder, std::vector<Document> documents,
                       std::optional<DatasetPart> part, const BuildOptions& options = {}) {
  VectorReader reader(std::move(documents));
  return build_dataset(reader, ToyTokenizer(), folder, {}, {.sources = {"toy.txt"}, .format = "lines", .part = part},
                       options);
}

void expect_same_files(const std::filesystem::path& a, const std::filesystem::path& b) {
  for (const char* file : {"tokens.bin", "sentences.bin", "documents.bin", "meta.json"}) {
    EXPECT_EQ(contents_of(a / file), contents_of(b / file)) << file;
  }
}

class DatasetMerge : public ::testing::Test {
 protected:
  DatasetMerge() {
    build_part(temp_ / "a", documents(0, 30), DatasetPart{1, 3, 100});
    build_part(temp_ / "b", {}, DatasetPart{2, 3, 100});
    build_part(temp_ / "c", documents(30, 101), DatasetPart{3, 3, 100});
  }

  DatasetMeta merge(std::vector<const char*> parts, const BuildOptions& options = {}) {
    std::vector<std::filesystem::path> folders;
    for (const char* part : parts) folders.push_back(temp_ / part);
    return merge_datasets(folders, ToyTokenizer(), temp_ / "merged", options);
  }

  TempDir temp_;
};

TEST_F(DatasetMerge, GivesTheBytesOfOneBuildInWhateverOrderThePartsAreNamed) {
  build_part(temp_ / "whole", documents(0, 101), {});
  const DatasetMeta meta = merge({"c", "a", "b"});
  expect_same_files(temp_ / "merged", temp_ / "whole");
  EXPECT_GT(meta.counts.duplicate_documents, 0);
  EXPECT_EQ(meta.counts.dropped_documents, 11);
}

TEST_F(DatasetMerge, DropsDuplicatesAndHoldsOutAsOneBuildDoes) {
  const SelectionConfig selection = {.drop_duplicates = true, .valid_fraction = 0.3};
  build_part(temp_ / "whole", documents(0, 101), {}, {.selection = selection, .valid_folder = temp_ / "whole valid"});
  merge({"a", "b", "c"}, {.selection = selection, .valid_folder = temp_ / "merged valid"});
  expect_same_files(temp_ / "merged", temp_ / "whole");
  expect_same_files(temp_ / "merged valid", temp_ / "whole valid");
}

TEST_F(DatasetMerge, RefusesPartsThatAreMissingOrThereTwice) {
  EXPECT_ERROR(merge({"a", "c"}), ErrorKind::kInput, "shard 2 of 3 is missing");
  EXPECT_ERROR(merge({"a", "b"}), ErrorKind::kInput, "shard 3 of 3 is missing");
  EXPECT_ERROR(merge({"a", "b", "c", "b"}), ErrorKind::kInput, "shard 2 of 3 is there twice");
  EXPECT_ERROR(merge({}), ErrorKind::kUsage, "no shards are named");
  EXPECT_FALSE(std::filesystem::exists(temp_ / "merged"));
}

TEST_F(DatasetMerge, RefusesPartsOfDifferentCorporaAndWholeDatasets) {
  build_part(temp_ / "larger", documents(0, 30), DatasetPart{1, 3, 101});
  build_part(temp_ / "of two", documents(0, 30), DatasetPart{1, 2, 100});
  build_part(temp_ / "whole", documents(0, 30), {});
  EXPECT_ERROR(merge({"larger", "b", "c"}), ErrorKind::kInput, "the size of the corpus is \"100\" there, \"101\" here");
  EXPECT_ERROR(merge({"of two", "b", "c"}), ErrorKind::kInput, "the number of shards is \"3\" there, \"2\" here");
  EXPECT_ERROR(merge({"whole"}), ErrorKind::kInput, "whole is a whole dataset");
  EXPECT_ERROR(merge({"whole", "b", "c"}), ErrorKind::kInput, "whole is a whole dataset");
}

TEST_F(DatasetMerge, RefusesAPartWithABitThatIsNotAsItWasWritten) {
  std::string tokens = contents_of(temp_ / "a" / "tokens.bin");
  tokens[4] ^= 1;
  temp_.write("a/tokens.bin", tokens);
  EXPECT_ERROR(merge({"a", "b", "c"}), ErrorKind::kInput, "a: damaged: its files have the hash");
  EXPECT_FALSE(std::filesystem::exists(temp_ / "merged"));
}

TEST_F(DatasetMerge, OfNothingIsRefusedAsABuildOfNothingIs) {
  build_part(temp_ / "empty", {}, DatasetPart{1, 1, 0});
  EXPECT_ERROR(merge({"empty"}), ErrorKind::kInput, "no text in toy.txt");
  EXPECT_EQ(TokenStore(temp_ / "empty").num_documents(), 0);
}

TEST(DatasetPart, IsCheckedWhenMetaJsonIsRead) {
  const TempDir temp;
  build_part(temp / "a", documents(0, 30), DatasetPart{1, 3, 100});
  std::string json = contents_of(temp / "a" / "meta.json");
  json.replace(json.find("\"index\": 1"), 10, "\"index\": 4");
  EXPECT_ERROR(parse_dataset_meta(json, "meta.json"), ErrorKind::kInput, "part 4 of 3; parts count from 1");
}

}  // namespace
}  // namespace bertforge::testing
