// Every instance of google-research/bert's create_pretraining_data, from our pairing and masking over CPython's generator.

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "bertforge/data/cpython_random.h"
#include "bertforge/data/dataset_builder.h"
#include "bertforge/data/static_instances.h"
#include "bertforge/text/tokenizer_folder.h"
#include "support/shared_path.h"
#include "support/temp_dir.h"
#include "support/toy_dataset.h"

namespace bertforge::testing {
namespace {

// One sentence a line, blank lines between documents.
std::vector<Document> read_documents(const std::filesystem::path& path) {
  std::vector<Document> documents(1);
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.find_first_not_of(" \r\t") == std::string::npos) {
      documents.emplace_back();
    } else {
      documents.back().sentences.push_back(line);
    }
  }
  return documents;
}

// Settings in the first line, an instance in each other.
struct Oracle {
  nlohmann::json settings;
  std::vector<nlohmann::json> instances;

  explicit Oracle(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    settings = nlohmann::json::parse(line);
    while (std::getline(file, line)) instances.push_back(nlohmann::json::parse(line));
  }

  StaticConfig config() const {
    StaticConfig config;
    config.dupe_factor = settings["dupe_factor"];
    config.pairing.max_seq_length = settings["max_seq_length"];
    config.pairing.short_seq_prob = settings["short_seq_prob"];
    config.masking.masking = settings["whole_word_mask"] ? "whole_word" : "token";
    config.masking.masked_lm_prob = settings["masked_lm_prob"];
    config.masking.max_predictions_per_seq = settings["max_predictions_per_seq"];
    config.pairing = with_google_defects(config.pairing);
    config.masking = with_google_defects(config.masking);
    return config;
  }
};

void expect_equal(const Example& example, const nlohmann::json& expected) {
  EXPECT_EQ(example.ids, expected["ids"].get<std::vector<TokenId>>());
  std::vector<int> segment_ids(example.ids.size(), 1);
  std::fill_n(segment_ids.begin(), example.segment_boundary, 0);
  EXPECT_EQ(segment_ids, expected["segment_ids"].get<std::vector<int>>());
  EXPECT_EQ(example.masked_positions, expected["masked_positions"].get<std::vector<std::int32_t>>());
  EXPECT_EQ(example.masked_labels, expected["masked_labels"].get<std::vector<TokenId>>());
  EXPECT_EQ(example.is_random_next, expected["is_random_next"].get<bool>());
}

// The instances that `corpus` gives are those of `oracle_file`, one by one and in order.
void expect_instances_of(const std::filesystem::path& oracle_file, const std::filesystem::path& corpus,
                         const std::filesystem::path& vocabulary) {
  const Oracle oracle(oracle_file);
  const std::unique_ptr<Tokenizer> tokenizer = load_tokenizer(vocabulary);
  const TempDir temp;
  VectorReader reader(read_documents(corpus));
  build_dataset(reader, *tokenizer, temp / "dataset", {.keep_unk = true}, {});

  CPythonRandom random(oracle.settings["random_seed"]);
  const auto instances = make_static_instances(TokenStore(temp / "dataset"), *tokenizer, oracle.config(), random);
  ASSERT_EQ(instances.size(), oracle.instances.size());
  for (std::size_t i = 0; i < instances.size(); ++i) {
    SCOPED_TRACE("instance " + std::to_string(i));
    expect_equal(instances[i], oracle.instances[i]);
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(GoogleParity, GivesTheReferencesInstancesOfItsSampleText) {
  BERTFORGE_REQUIRE_SHARED(shared, "oracle/builder/sample_text-128.jsonl");
  expect_instances_of(shared, shared_file("oracle/builder/sample_text.txt"),
                      shared_file("data/vocab/bert-base-uncased.txt"));
}

TEST(GoogleParity, GivesTheReferencesInstancesOfWikiText) {
  BERTFORGE_REQUIRE_SHARED(shared, "oracle/builder/wikitext-64.jsonl");
  expect_instances_of(shared, shared_file("oracle/builder/wikitext-docs.txt"),
                      shared_file("data/vocab/bert-base-uncased.txt"));
}

TEST(GoogleParity, GivesTheReferencesInstancesWithWholeWordsMasked) {
  BERTFORGE_REQUIRE_SHARED(shared, "oracle/builder/wikitext-wwm.jsonl");
  expect_instances_of(shared, shared_file("oracle/builder/wikitext-docs.txt"),
                      shared_file("data/vocab/bert-base-uncased.txt"));
}

}  // namespace
}  // namespace bertforge::testing
