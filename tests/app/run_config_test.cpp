#include "bertforge/app/run_config.h"

#include "bertforge/formats/toml.h"
#include "support/error_matchers.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

RunConfig small_config() {
  RunConfig config;
  config.data.train = {"a.txt"};
  config.run.output = "runs/a";
  return config;
}

FieldList fields_of(RunConfig& config) {
  FieldList fields;
  visit_fields(config, fields);
  return fields;
}

TEST(RunConfig, DefaultsAreTheDocumentedOnes) {
  const RunConfig config;
  EXPECT_EQ(config.data.masking.masked_lm_prob, 0.15);
  EXPECT_EQ(config.data.pairing.max_seq_length, 128);
  EXPECT_EQ(config.data.masking.max_predictions_per_seq, 20);
  EXPECT_EQ(config.optimizer.learning_rate, 1e-4);
  EXPECT_EQ(config.train.batch_size, 256);
  EXPECT_EQ(config.train.seed, 42);
}

TEST(RunConfig, WrittenAndReadAgainIsTheSame) {
  const testing::TempDir folder;
  RunConfig config = small_config(), other;
  config.optimizer.learning_rate = 0.1 + 0.2;
  config.train.duration = parse_duration("2.5 epochs");
  const FieldList fields = fields_of(config);
  FieldList others = fields_of(other);
  read_toml_file(folder.write("config.toml", dump_toml(fields, true)), others);
  for (const Field& field : fields.fields()) EXPECT_EQ(others.find(field.path)->value_as_toml(), field.value_as_toml());
}

TEST(RunConfig, RoomsMustFitTogether) {
  small_config().validate();
  RunConfig config = small_config();
  config.data.pairing.max_seq_length = 513;
  EXPECT_ERROR(config.validate(), ErrorKind::kUsage, "positions for 512");
  config = small_config();
  config.data.train.clear();
  EXPECT_ERROR(config.validate(), ErrorKind::kUsage, "data.train is empty");
  config = small_config();
  config.model.num_attention_heads = 7;
  EXPECT_ERROR(config.validate(), ErrorKind::kUsage, "num_attention_heads");
}

TEST(RunConfig, PatienceNeedsHeldOutText) {
  RunConfig config = small_config();
  config.train.patience = 3;
  EXPECT_ERROR(config.validate(), ErrorKind::kUsage, "train.patience is 3, but there is no held-out text");
  config.data.selection.valid_fraction = 0.1;
  config.validate();
}

TEST(RunConfig, HeldOutTextMayBeMaskedLessThanTrainingText) {
  RunConfig config = small_config();
  config.data.masking.masked_lm_prob = 0.3;
  EXPECT_EQ(config.evaluation_loader().masking.masked_lm_prob, 0.3);
  config.data.valid_masked_lm_prob = 0.15;
  EXPECT_EQ(config.evaluation_loader().masking.masked_lm_prob, 0.15);
  EXPECT_EQ(config.loader().masking.masked_lm_prob, 0.3);
}

TEST(RunConfig, RootPrecedesRelativePathsOnly) {
  RunConfig config;
  config.data.root = "corpus";
  config.data.train = {"a.txt", "/b.txt"};
  EXPECT_EQ(config.train_inputs(), (std::vector<std::string>{"corpus/a.txt", "/b.txt"}));
}

TEST(RunConfig, AbsolutePathsHaveNoSlashAtTheirEnd) {
  RunConfig config = small_config();
  config.data.root = "corpus";
  config.run.output = "runs/a/";
  make_paths_absolute(config);
  EXPECT_EQ(config.run.output, (std::filesystem::current_path() / "runs/a").string());
  EXPECT_EQ(config.data.train.front(), (std::filesystem::current_path() / "corpus/a.txt").string());
  EXPECT_EQ(config.data.root, "");
}

TEST(SettingsWithoutEffect, AreLeftOutWhereTheyAreDefaults) {
  RunConfig config = small_config();
  config.vocab.tokenizer = "some/folder";
  FieldList fields = fields_of(config);
  remove_settings_without_effect(config, fields);
  EXPECT_EQ(fields.find("vocab.vocab_size"), nullptr);
  EXPECT_EQ(fields.find("tokenizer.lowercase"), nullptr);
  EXPECT_NE(fields.find("vocab.tokenizer"), nullptr);
  EXPECT_NE(fields.find("data.format"), nullptr);
}

TEST(SettingsWithoutEffect, AreRefusedOnTheCommandLine) {
  RunConfig config = small_config();
  config.vocab.tokenizer = "some/folder";
  FieldList fields = fields_of(config);
  fields.find("vocab.vocab_size")->origin = "command line";
  EXPECT_ERROR(remove_settings_without_effect(config, fields), ErrorKind::kUsage, "--vocab.vocab_size has no effect");
}

TEST(SettingsWithoutEffect, ABareVocabularyHasItsSettingsFromTheConfig) {
  const testing::TempDir folder;
  RunConfig config = small_config();
  config.vocab.tokenizer = folder.write("vocab.txt", "[UNK]\n").string();
  FieldList fields = fields_of(config);
  remove_settings_without_effect(config, fields);
  EXPECT_NE(fields.find("tokenizer.lowercase"), nullptr);
}

TEST(ConfigurationReference, NamesEverySetting) {
  RunConfig config;
  const std::string page = configuration_reference();
  const FieldList fields = fields_of(config);
  for (const Field& field : fields.fields()) {
    EXPECT_THAT(page, ::testing::HasSubstr("| `" + field.path.substr(field.path.find('.') + 1) + "` |"));
  }
}

}  // namespace
}  // namespace bertforge
