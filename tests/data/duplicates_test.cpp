#include "bertforge/data/duplicates.h"

#include <gtest/gtest.h>

#include "support/toy_dataset.h"

namespace bertforge::testing {
namespace {

struct ToyDocument {
  std::vector<TokenId> ids;
  std::vector<std::int64_t> sentence_lengths;
};

TokenStore store_of(const std::filesystem::path& folder, const std::vector<ToyDocument>& documents) {
  const ToyTokenizer tokenizer;
  TokenStoreWriter writer(folder, tokenizer);
  for (const ToyDocument& document : documents) writer.add_document(document.ids, document.sentence_lengths);
  writer.publish({});
  return TokenStore(folder);
}

TEST(Duplicates, AreCountedAmongTheHeldOutDocuments) {
  const TempDir temp;
  const TokenStore train = store_of(temp / "train", {{{5, 6}, {2}}, {{7}, {1}}, {{8, 9}, {2}}, {{7}, {1}}});
  const TokenStore valid = store_of(temp / "valid", {{{7}, {1}}, {{9, 8}, {2}}, {{7}, {1}}, {{5, 6}, {2}}});
  EXPECT_EQ(count_common_documents(valid, train, 2), 3);
}

TEST(Duplicates, AreOnesWhoseSentencesEndAtTheSamePlaces) {
  const TempDir temp;
  const TokenStore train = store_of(temp / "train", {{{5, 6, 7}, {2, 1}}});
  const TokenStore valid = store_of(temp / "valid", {{{5, 6, 7}, {1, 2}}, {{5, 6, 7}, {3}}});
  EXPECT_EQ(count_common_documents(valid, train), 0);
}

TEST(Duplicates, AreFoundAmongManyDocuments) {
  const TempDir temp;
  std::vector<ToyDocument> documents;  // More than the set of hashes begins with, and than a thread's block.
  for (TokenId a = 5; a < 55; ++a) {
    for (TokenId b = 5; b < 55; ++b) documents.push_back({{a, b}, {2}});
  }
  const TokenStore train = store_of(temp / "train", documents);
  EXPECT_EQ(count_common_documents(train, train, 3), 2500);
  EXPECT_EQ(count_common_documents(store_of(temp / "one", {{{54, 54}, {2}}, {{55, 54}, {2}}}), train, 3), 1);
}

}  // namespace
}  // namespace bertforge::testing
