#include "bertforge/huggingface/config_json.h"

#include <nlohmann/json.hpp>

#include "bertforge/base/files.h"
#include "huggingface/toy_model.h"
#include "support/error_matchers.h"
#include "support/shared_path.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

using nlohmann::json;
using testing::TempDir;
using testing::toy_config;

TEST(ConfigJson, ComesBackAsItWasWritten) {
  const TempDir folder;
  BertConfig config = toy_config();
  config.attention_probs_dropout_prob = 0.3;
  config.initializer_range = 1.0 / 3;
  config.pad_token_id = 5;
  config.type_vocab_size = 3;
  write_config_json(folder / "config.json", config);
  EXPECT_EQ(read_config_json(folder / "config.json"), config);
}

TEST(ConfigJson, HasTheKeysAndValuesThatTransformersWrites) {
  BERTFORGE_REQUIRE_SHARED(oracle, "oracle/model/tiny/checkpoint/config.json");
  const TempDir folder;
  write_config_json(folder / "config.json", read_config_json(oracle));
  const json ours = json::parse(read_file(folder / "config.json")), theirs = json::parse(read_file(oracle));
  for (const auto& [key, value] : theirs.items()) {
    if (key == "transformers_version") continue;  // Transformers did not write ours.
    ASSERT_TRUE(ours.contains(key)) << key;
    EXPECT_EQ(ours[key], value) << key;
  }
}

TEST(ConfigJson, AcceptsKeysItDoesNotKnowAndTakesDefaultsForThoseThatAreMissing) {
  const TempDir folder;
  const auto file =
      folder.write("config.json", R"({"hidden_size": 24, "id2label": {"0": "A"}, "gradient_checkpointing": false})");
  BertConfig expected;
  expected.hidden_size = 24;
  EXPECT_EQ(read_config_json(file), expected);
}

TEST(ConfigJson, ReadsGooglesTanhGeluUnderBothNames) {
  const TempDir folder;
  for (const char* name : {"gelu_new", "gelu_pytorch_tanh"}) {
    const auto file = folder.write("config.json", std::string(R"({"hidden_act": ")") + name + "\"}");
    EXPECT_EQ(read_config_json(file).hidden_act, name);
  }
}

struct BadConfig {
  const char* json;
  const char* message;
};

TEST(ConfigJson, RefusesWhatItCannotComputeAndNamesFileAndKey) {
  const TempDir folder;
  const BadConfig cases[] = {
      {R"({"hidden_size": "768"})", "\"hidden_size\" is \"768\"; it must be a whole number"},
      {R"({"hidden_size": 768.5})", "\"hidden_size\" is 768.5; it must be a whole number"},
      {R"({"hidden_size": 0})", "\"hidden_size\" is 0; it must be from 1 to"},
      {R"({"num_hidden_layers": -1})", "\"num_hidden_layers\" is -1; it must be from 1 to 1000"},
      {R"({"vocab_size": 1099511627776})", "\"vocab_size\" is 1099511627776; it must be from 1"},
      {R"({"hidden_dropout_prob": 1})", "\"hidden_dropout_prob\" is 1; it must be from 0 to 0.99"},
      {R"({"layer_norm_eps": true})", "\"layer_norm_eps\" is true; it must be a number"},
      {R"({"num_attention_heads": 7})", "it must be a multiple of \"num_attention_heads\", 7"},
      {R"({"hidden_act": "quick_gelu"})", "\"hidden_act\" is \"quick_gelu\"; supported are gelu"},
      {R"({"position_embedding_type": "relative_key"})",
       "\"position_embedding_type\" is \"relative_key\"; only \"absolute\""},
      {R"({"is_decoder": true})", "\"is_decoder\" is true"},
      {R"({"add_cross_attention": true})", "\"add_cross_attention\" is true"},
      {R"({"model_type": "roberta"})", "\"model_type\" is \"roberta\"; only \"bert\""},
      {R"({"vocab_size": 9, "pad_token_id": 9})", "\"pad_token_id\" is 9; \"vocab_size\" is 9"},
      {R"([1])", "it must be an object"},
      {R"({"hidden_size": )", "line 1"},
  };
  for (const auto& [text, message] : cases) {
    SCOPED_TRACE(text);
    const auto file = folder.write("config.json", text);
    EXPECT_ERROR(read_config_json(file), ErrorKind::kInput, message);
    EXPECT_ERROR(read_config_json(file), ErrorKind::kInput, file.string());
  }
}

TEST(ConfigJson, NamesTheFirstFieldThatMakesTwoModelsDiffer) {
  BertConfig other = toy_config();
  EXPECT_EQ(architecture_difference(other, toy_config()), std::nullopt);
  other.hidden_dropout_prob = 0;
  EXPECT_EQ(architecture_difference(other, toy_config()), std::nullopt);
  other.hidden_act = "relu";
  EXPECT_EQ(architecture_difference(other, toy_config()), "hidden_act is \"relu\", not \"gelu_new\"");
  other.hidden_size = 30;
  EXPECT_EQ(architecture_difference(other, toy_config()), "hidden_size is 30, not 15");
}

}  // namespace
}  // namespace bertforge
