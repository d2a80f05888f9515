#include "bertforge/data/token_store.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/error_matchers.h"
#include "support/temp_dir.h"
#include "support/toy_dataset.h"

namespace bertforge::testing {
namespace {

const DocumentLengths kDocuments = {{3, 1}, {2, 5, 4}, {7}};  // D = 3, S = 6, N = 22

class TokenStoreFiles : public ::testing::Test {
 protected:
  void SetUp() override { make_store(folder_, tokenizer_, kDocuments); }

  void change_meta(const char* key, const nlohmann::json& value) const {
    auto meta = nlohmann::json::parse(contents_of(folder_ / "meta.json"));
    meta[key] = value;
    temp_.write("dataset/meta.json", meta.dump());
  }
  // Overwrites one item of a file.
  template <class T>
  void change_item(const char* file, std::size_t item, T value) const {
    std::string content = contents_of(folder_ / file);
    content.replace(item * sizeof(T), sizeof(T), reinterpret_cast<const char*>(&value), sizeof(T));
    temp_.write(std::string("dataset/") + file, content);
  }

  ToyTokenizer tokenizer_;
  TempDir temp_;
  std::filesystem::path folder_ = temp_ / "dataset";
};

TEST_F(TokenStoreFiles, GiveBackWhatWasWritten) {
  const TokenStore store(folder_);
  EXPECT_EQ(store.num_documents(), 3);
  EXPECT_EQ(store.num_sentences(1), 3);
  EXPECT_EQ(store.index().num_tokens(3), 5);
  std::vector<TokenId> ids = {77};
  store.append(store.index().tokens({2, 4}), ids);
  EXPECT_EQ(ids, (std::vector<TokenId>{77, 9, 10, 11, 12, 13, 14, 15}));
  EXPECT_EQ(store.meta().counts, (DatasetCounts{.documents = 3, .sentences = 6, .tokens = 22}));
}

TEST_F(TokenStoreFiles, TakeTwoBytesATokenUpTo65536Entries) {
  EXPECT_EQ(std::filesystem::file_size(folder_ / "tokens.bin"), 44u);
  EXPECT_EQ(bytes_per_token(65536), 2);
  EXPECT_EQ(bytes_per_token(65537), 4);
}

TEST_F(TokenStoreFiles, TakeFourBytesATokenForLargeVocabularies) {
  const ToyTokenizer tokenizer(70'001);
  TokenStoreWriter writer(temp_ / "wide", tokenizer);
  writer.add_document(std::vector<TokenId>{70'000, 5, 65'536}, std::vector<std::int64_t>{1, 2});
  writer.publish({});
  const TokenStore store(temp_ / "wide");
  std::vector<TokenId> ids;
  store.append({0, 3}, ids);
  EXPECT_EQ(ids, (std::vector<TokenId>{70'000, 5, 65'536}));
}

TEST_F(TokenStoreFiles, CarryTheTokenizerAndKnowIt) {
  const TokenStore store(folder_);
  EXPECT_TRUE(std::filesystem::exists(store.tokenizer_folder() / "vocab.txt"));
  store.require_tokenizer(tokenizer_);
  EXPECT_ERROR(store.require_tokenizer(ToyTokenizer(98)), ErrorKind::kInput, "another tokenizer");
}

// Otherwise an id of tokens.bin would lie outside of what the tokenizer has.
TEST_F(TokenStoreFiles, WithAVocabularyOfAnotherSizeThanTheTokenizersAreRefused) {
  change_meta("vocabulary_size", 65'536);
  change_item<std::uint16_t>("tokens.bin", 21, 65'535);
  const TokenStore store(folder_);
  EXPECT_ERROR(store.require_tokenizer(tokenizer_), ErrorKind::kInput, "vocabulary of 65536");
}

TEST_F(TokenStoreFiles, AreTheSameForTheSameContentAndHashOtherwiseForAnother) {
  const std::string hash = TokenStore(folder_).meta().content_hash;
  EXPECT_EQ(make_store(temp_ / "again", tokenizer_, kDocuments).meta().content_hash, hash);
  EXPECT_NE(make_store(temp_ / "other", tokenizer_, {{3, 1}, {2, 4, 5}, {7}}).meta().content_hash, hash);
}

TEST_F(TokenStoreFiles, KeepWhatTheBuilderSaysOfTheCorpus) {
  TokenStoreWriter writer(temp_ / "described", tokenizer_);
  writer.add_document(std::vector<TokenId>{1, 5}, std::vector<std::int64_t>{2});
  DatasetMeta meta;
  meta.sources = {"a.txt", "b \"quoted\".txt"};
  meta.format = "lines";
  meta.keep_unk = true;
  meta.icu_version = "72.1";
  meta.counts.dropped_sentences = 4;
  meta.counts.invalid_utf8 = 7;
  writer.publish(meta);
  const TokenStore store(temp_ / "described");
  EXPECT_EQ(store.meta().sources, meta.sources);
  EXPECT_EQ(store.meta().format, "lines");
  EXPECT_TRUE(store.meta().keep_unk);
  EXPECT_EQ(store.meta().icu_version, "72.1");
  EXPECT_EQ(store.meta().counts.dropped_sentences, 4);
  EXPECT_EQ(store.meta().counts.invalid_utf8, 7);
  EXPECT_EQ(store.meta().counts.unknown_tokens, 1);
}

TEST_F(TokenStoreFiles, OfOlderProgramsSayNothingOfInvalidUtf8) {
  auto counts = nlohmann::json::parse(contents_of(folder_ / "meta.json"))["counts"];
  counts.erase("invalid_utf8");
  change_meta("counts", counts);
  EXPECT_EQ(TokenStore(folder_).meta().counts.invalid_utf8, 0);
  counts["invalid_utf8"] = -1;
  change_meta("counts", counts);
  EXPECT_ERROR(TokenStore{folder_}, ErrorKind::kInput, "'invalid_utf8' is -1");
}

TEST_F(TokenStoreFiles, AreNotReplacedUnlessAsked) {
  EXPECT_ERROR(TokenStoreWriter(folder_, tokenizer_), ErrorKind::kUsage, "dataset");
  TokenStoreWriter writer(folder_, tokenizer_, /*replace=*/true);
  writer.add_document(std::vector<TokenId>{5}, std::vector<std::int64_t>{1});
  writer.publish({});
  EXPECT_EQ(TokenStore(folder_).num_documents(), 1);
}

TEST_F(TokenStoreFiles, AreNotThereBeforeTheyAreWhole) {
  {
    TokenStoreWriter writer(temp_ / "half", tokenizer_);
    writer.add_document(std::vector<TokenId>{5}, std::vector<std::int64_t>{1});
  }
  EXPECT_FALSE(std::filesystem::exists(temp_ / "half"));
}

TEST_F(TokenStoreFiles, OfAnEmptyCorpusAreNotWritten) {
  TokenStoreWriter writer(temp_ / "empty", tokenizer_);
  EXPECT_ERROR(writer.publish({}), ErrorKind::kInput, "no text");
}

TEST_F(TokenStoreFiles, CutShortAreRefused) {
  for (const char* file : {"tokens.bin", "sentences.bin", "documents.bin"}) {
    const std::string whole = contents_of(folder_ / file);
    temp_.write(std::string("dataset/") + file, whole.substr(0, whole.size() - 1));
    EXPECT_ERROR(TokenStore{folder_}, ErrorKind::kInput, file);
    temp_.write(std::string("dataset/") + file, whole);
  }
}

TEST_F(TokenStoreFiles, WithAFileMissingAreRefused) {
  std::filesystem::remove(folder_ / "sentences.bin");
  EXPECT_ERROR(TokenStore{folder_}, ErrorKind::kUsage, "sentences.bin");
  EXPECT_ERROR(TokenStore{temp_ / "nothing"}, ErrorKind::kUsage, "nothing");
}

TEST_F(TokenStoreFiles, WithATokenOutsideTheVocabularyAreRefused) {
  change_item<std::uint16_t>("tokens.bin", 21, 99);
  EXPECT_ERROR(TokenStore{folder_}, ErrorKind::kInput, "token id 99");
}

TEST_F(TokenStoreFiles, WithOffsetsThatDoNotRiseAreRefused) {
  change_item<std::uint64_t>("sentences.bin", 2, 3);
  EXPECT_ERROR(TokenStore{folder_}, ErrorKind::kInput, "offset 2 is 3");
}

TEST_F(TokenStoreFiles, WithOffsetsOutOfRangeAreRefused) {
  change_item<std::uint64_t>("documents.bin", 3, 1000);
  EXPECT_ERROR(TokenStore{folder_}, ErrorKind::kInput, "last offset is 1000");
  change_item<std::uint64_t>("documents.bin", 3, 6);
  change_item<std::uint64_t>("documents.bin", 0, 1);
  EXPECT_ERROR(TokenStore{folder_}, ErrorKind::kInput, "first offset is 1");
}

TEST_F(TokenStoreFiles, OfANewerFormatAreRefused) {
  change_meta("format_version", 2);
  EXPECT_ERROR(TokenStore{folder_}, ErrorKind::kInput, "format version 2; this program reads version 1");
}

TEST_F(TokenStoreFiles, WithAMetaThatIsNoJsonAreRefused) {
  temp_.write("dataset/meta.json", "{\"kind\": ");
  EXPECT_ERROR(TokenStore{folder_}, ErrorKind::kInput, "meta.json");
}

TEST_F(TokenStoreFiles, WithAMetaOfSomethingElseAreRefused) {
  change_meta("kind", "a cake");
  EXPECT_ERROR(TokenStore{folder_}, ErrorKind::kInput, "a cake");
}

TEST_F(TokenStoreFiles, WithImpossibleNumbersInMetaAreRefused) {
  change_meta("vocabulary_size", -1);
  EXPECT_ERROR(TokenStore{folder_}, ErrorKind::kInput, "vocabulary_size");
  change_meta("vocabulary_size", std::int64_t{1} << 31);
  EXPECT_ERROR(TokenStore{folder_}, ErrorKind::kInput, "0 to 2147483647");
  change_meta("vocabulary_size", "many");
  EXPECT_ERROR(TokenStore{folder_}, ErrorKind::kInput, "vocabulary_size");
  change_meta("vocabulary_size", 99);
  change_meta("bytes_per_token", 4);
  EXPECT_ERROR(TokenStore{folder_}, ErrorKind::kInput, "bytes_per_token");
  change_meta("bytes_per_token", 2);
  change_meta("counts", {{"documents", 3}});
  EXPECT_ERROR(TokenStore{folder_}, ErrorKind::kInput, "sentences");
}

}  // namespace
}  // namespace bertforge::testing
