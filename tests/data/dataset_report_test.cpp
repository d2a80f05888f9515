#include "bertforge/data/dataset_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/temp_dir.h"
#include "support/toy_dataset.h"

namespace bertforge::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

DatasetReport inspect(const DocumentLengths& documents) {
  const TempDir temp;
  const ToyTokenizer tokenizer;
  const TokenStore store = make_store(temp / "dataset", tokenizer, documents);
  return inspect_dataset(store, tokenizer, {.pairing = {.max_seq_length = 40}});
}

TEST(Histogram, CountsByPowersOfTwo) {
  Histogram histogram;
  for (const std::int64_t count : {1, 2, 3, 4, 9, 3}) histogram.add(count);
  EXPECT_EQ(histogram.bins, (std::vector<std::int64_t>{1, 3, 1, 1}));
  EXPECT_EQ(histogram.min, 1);
  EXPECT_EQ(histogram.max, 9);
  EXPECT_DOUBLE_EQ(histogram.mean(), 22.0 / 6);
}

TEST(DatasetReport, CountsWhatThereIs) {
  const DatasetReport report = inspect(uneven_documents(61));
  EXPECT_EQ(report.document_sentences.num, 61);
  EXPECT_EQ(report.sentence_tokens.num, report.meta.counts.sentences);
  EXPECT_EQ(report.document_tokens.sum, report.meta.counts.tokens);
  EXPECT_EQ(report.num_examples, report.num_examples_seen);
  EXPECT_NEAR(report.random_next_share, 0.5, 0.2);
  EXPECT_NEAR(report.masked_share, 0.15, 0.02);
}

TEST(DatasetReport, HasNothingToWarnOfInAnOrdinaryDataset) {
  DocumentLengths documents(50);
  for (auto& document : documents) document.assign(20, 9);
  EXPECT_THAT(inspect(documents).warnings, ::testing::IsEmpty());
}

TEST(DatasetReport, WarnsOfDocumentsOfOneSentence) {
  EXPECT_THAT(inspect({{7}, {8}, {9}}).warnings, Contains(HasSubstr("every document has one sentence")));
}

TEST(DatasetReport, WarnsOfASingleDocument) {
  EXPECT_THAT(inspect({{7, 8, 9}}).warnings, Contains(HasSubstr("there is one document")));
}

TEST(DatasetReport, WarnsOfASingleSentence) {
  EXPECT_THAT(inspect({{7}}).warnings, Contains(HasSubstr("no pair can be made")));
}

TEST(DatasetReport, WarnsOfSentencesLongerThanASequence) {
  EXPECT_THAT(inspect({{300, 200}, {100}}).warnings, Contains(HasSubstr("cut off")));
}

TEST(DatasetReport, WarnsOfAVocabularyThatIsLargeForTheText) {
  EXPECT_THAT(inspect({{7, 8}, {9}}).warnings, Contains(HasSubstr("smaller vocabulary")));
  EXPECT_THAT(inspect(uneven_documents(61)).warnings, Not(Contains(HasSubstr("smaller vocabulary"))));
}

TEST(DatasetReport, WarnsOfManyUnknownTokens) {
  const TempDir temp;
  const ToyTokenizer tokenizer;
  TokenStoreWriter writer(temp / "dataset", tokenizer);
  writer.add_document(std::vector<TokenId>{1, 5, 6, 7}, std::vector<std::int64_t>{2, 2});
  writer.publish({});
  const DatasetReport report = inspect_dataset(TokenStore(temp / "dataset"), tokenizer, {});
  EXPECT_DOUBLE_EQ(report.unknown_share, 0.25);
  EXPECT_THAT(report.warnings, Contains(HasSubstr("25.0 % of the tokens are [UNK]")));
}

// A document of 100 tokens, of which so many are [UNK].
DatasetReport with_unknown_tokens(std::size_t num_unknown, const DatasetMeta& meta) {
  const TempDir temp;
  const ToyTokenizer tokenizer;
  TokenStoreWriter writer(temp / "dataset", tokenizer);
  std::vector<TokenId> ids(100, 7);
  std::fill_n(ids.begin(), num_unknown, 1);
  writer.add_document(ids, std::vector<std::int64_t>(10, 10));
  writer.publish(meta);
  return inspect_dataset(TokenStore(temp / "dataset"), tokenizer, {});
}

TEST(DatasetReport, WarnsOfUnknownTokensBeyondOneInAHundred) {
  EXPECT_THAT(with_unknown_tokens(1, {}).warnings, Not(Contains(HasSubstr("[UNK]"))));
  EXPECT_THAT(with_unknown_tokens(2, {}).warnings, Contains(HasSubstr("2.0 % of the tokens are [UNK]")));
}

TEST(DatasetReport, GrantsWikiTextTheUnknownWordsThatItWritesItself) {
  DatasetMeta meta;
  meta.format = "wikitext";
  EXPECT_THAT(with_unknown_tokens(5, meta).warnings, Not(Contains(HasSubstr("[UNK]"))));
  EXPECT_THAT(with_unknown_tokens(6, meta).warnings, Contains(HasSubstr("6.0 % of the tokens are [UNK]")));
  meta.keep_unk = true;  // Then they are text.
  EXPECT_THAT(with_unknown_tokens(5, meta).warnings, Contains(HasSubstr("5.0 % of the tokens are [UNK]")));
}

TEST(DatasetReport, WarnsOfDuplicatesThatWereKept) {
  const auto warnings = [](std::int64_t num_duplicates, bool dropped) {
    const TempDir temp;
    const ToyTokenizer tokenizer;
    TokenStoreWriter writer(temp / "dataset", tokenizer);
    for (int i = 0; i < 20; ++i) writer.add_document(std::vector<TokenId>{5, 6, 7}, std::vector<std::int64_t>{2, 1});
    DatasetMeta meta;
    meta.counts.duplicate_documents = num_duplicates;
    meta.drop_duplicates = dropped;
    writer.publish(meta);
    return inspect_dataset(TokenStore(temp / "dataset"), tokenizer, {}).warnings;
  };
  EXPECT_THAT(warnings(1, false), Not(Contains(HasSubstr("equal to an earlier one"))));
  EXPECT_THAT(warnings(2, false), Contains(HasSubstr("2 documents of the corpus are equal to an earlier one")));
  EXPECT_THAT(warnings(2, true), Not(Contains(HasSubstr("equal to an earlier one"))));
}

TEST(DatasetReport, WarnsOfBytesThatAreNoUtf8) {
  DatasetReport report = inspect({{7, 8}, {9}});
  EXPECT_THAT(report.warnings, Not(Contains(HasSubstr("UTF-8"))));
  EXPECT_THAT(to_text(report), HasSubstr("not UTF-8   0 places"));

  const TempDir temp;
  const ToyTokenizer tokenizer;
  TokenStoreWriter writer(temp / "dataset", tokenizer);
  writer.add_document(std::vector<TokenId>{5, 6, 7}, std::vector<std::int64_t>{2, 1});
  DatasetMeta meta;
  meta.counts.invalid_utf8 = 13;
  writer.publish(meta);
  report = inspect_dataset(TokenStore(temp / "dataset"), tokenizer, {});
  EXPECT_THAT(report.warnings, Contains(HasSubstr("no UTF-8 (places: 13)")));
  EXPECT_THAT(to_text(report), HasSubstr("not UTF-8   13 places"));
  EXPECT_EQ(nlohmann::json::parse(to_json(report))["meta"]["counts"]["invalid_utf8"], 13);
}

TEST(DatasetReport, IsWrittenAsTextAndAsJson) {
  const DatasetReport report = inspect({{7}, {8}, {9}});
  EXPECT_THAT(to_text(report), HasSubstr("documents   3"));
  EXPECT_THAT(to_text(report), HasSubstr("4-7                     1  ####"));
  EXPECT_THAT(to_text(report), HasSubstr("warning: every document"));
  const auto json = nlohmann::json::parse(to_json(report));
  EXPECT_EQ(json["meta"]["counts"]["sentences"], 3);
  EXPECT_EQ(json["sentence_tokens"]["bins"][3]["count"], 2);
  EXPECT_EQ(json["warnings"].size(), report.warnings.size());
}

TEST(DatasetReport, ShowsATargetBesideWhatStandsInItsPlace) {
  Example example;
  example.ids = {2, 4, 11, 3, 12, 3};
  example.masked_positions = {1, 4};
  example.masked_labels = {10, 12};
  example.is_random_next = true;
  EXPECT_EQ(describe_example(example, ToyTokenizer()), "random next | [CLS] {10 -> [MASK]} 11 [SEP] {12 -> 12} [SEP]");
}

TEST(DatasetReport, OfADatasetWithoutAnExampleShowsNone) {
  const TempDir temp;
  const ToyTokenizer tokenizer;
  const TokenStore store = make_store(temp / "dataset", tokenizer, {{5}});
  EXPECT_TRUE(describe_examples(store, tokenizer, {}, 0).empty());
  EXPECT_EQ(inspect_dataset(store, tokenizer, {}).num_examples, 0);
}

TEST(DatasetReport, ShowsNoMoreExamplesThanThereAre) {
  const TempDir temp;
  const ToyTokenizer tokenizer;
  const TokenStore store = make_store(temp / "dataset", tokenizer, {{5, 6}, {7}});
  EXPECT_EQ(describe_examples(store, tokenizer, {}, 1).size(), 1u);
  const std::int64_t num_examples = inspect_dataset(store, tokenizer, {}).num_examples;
  EXPECT_GT(num_examples, 0);
  EXPECT_EQ(std::ssize(describe_examples(store, tokenizer, {}, 100)), num_examples);
}

}  // namespace
}  // namespace bertforge::testing
