#include "bertforge/app/run_config.h"

#include <algorithm>

#include "bertforge/base/log.h"
#include "bertforge/base/numbers.h"
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
  config = small_config();
  config.train.initial_batch_size = 257, config.train.batch_ramp = parse_duration("1000 examples");
  EXPECT_ERROR(config.validate(), ErrorKind::kUsage,
               "train.initial_batch_size 257 is larger than train.batch_size 256");
  config.train.initial_batch_size = 256;
  config.validate();
}

// What a setting cannot be, as it would stand on the command line and in a file.
struct WrongValues {
  std::vector<std::string> texts, tomls;
};

WrongValues wrong_types(const std::string& type) {
  if (type == "true or false") return {{"maybe", "1", "TRUE"}, {"1", "\"true\"", "[true]"}};
  if (type == "whole number") return {{"1.5", "many", "", "99999999999999999999"}, {"1.5", "\"3\"", "true", "[3]"}};
  if (type == "number") return {{"much", "", "nan", "inf", "0,5"}, {"\"0.5\"", "true", "[0.5]", "nan", "inf"}};
  if (type == "duration")
    return {{"soon", "3 weeks", "-3 steps", ""}, {"\"soon\"", "\"3 weeks\"", "-3", "1.5", "true"}};
  if (type == "list of texts") return {{}, {"\"a\"", "[\"a\", 1]", "3", "true"}};
  return {{}, {"3", "true", "[\"a\"]"}};  // On the command line all is text.
}

WrongValues wrong_values(const Field& field) {
  WrongValues wrong = wrong_types(field.type_name());
  const auto add = [&](const std::string& text, const std::string& toml) {
    wrong.texts.push_back(text);
    wrong.tomls.push_back(toml);
  };
  const auto& [min, max] = field.bounds;
  const Bounds<double> open;
  const double step = field.type_name() == "whole number" ? 1 : 0.001;
  const double below = min - step, above = max + std::max(step, max * 0x1p-52);  // 2^53 + 1 is no double.
  if (min != open.min) add(number_text(below), number_text(below));
  if (max != open.max) add(number_text(above), number_text(above));
  if (!field.choices.empty()) add("nonsense", "\"nonsense\"");
  return wrong;
}

TEST(RunConfig, RefusesWhateverASettingCannotBe) {
  const testing::TempDir folder;
  RunConfig config;
  FieldList fields = fields_of(config);
  for (Field& field : fields.fields()) {
    const WrongValues wrong = wrong_values(field);
    for (const std::string& text : wrong.texts) {
      SCOPED_TRACE(field.path + " " + text);
      EXPECT_ERROR(set_field_from_text(field, text, "command line"), ErrorKind::kUsage, "command line: " + field.path);
    }
    for (const std::string& toml : wrong.tomls) {
      SCOPED_TRACE(field.path + " = " + toml);
      const auto file = folder.write("c.toml", field.path + " = " + toml + "\n");
      EXPECT_ERROR(read_toml_file(file, fields), ErrorKind::kUsage, "c.toml:1: " + field.path);
    }
  }
}

TEST(RunConfig, TakesTheBoundsOfASettingThemselves) {
  RunConfig config;
  FieldList fields = fields_of(config);
  const Bounds<double> open;
  for (Field& field : fields.fields()) {
    for (const double bound : {field.bounds.min, field.bounds.max}) {
      if (bound == open.min || bound == open.max) continue;
      EXPECT_NO_THROW(set_field_from_text(field, number_text(bound), "command line")) << field.path << " " << bound;
    }
  }
}

std::string warnings_of(const RunConfig& config) {
  const testing::TempDir folder;
  add_log_file(folder / "log");
  config.validate();
  remove_log_files();
  return testing::contents_of(folder / "log");
}

TEST(RunConfig, HasNothingToWarnOfInTheDefaults) { EXPECT_EQ(warnings_of(small_config()), ""); }

TEST(RunConfig, WarnsOfFewerPredictionsThanAreAsked) {
  RunConfig config = small_config();
  config.data.masking.max_predictions_per_seq = 18;  // 15 % of 128 are 19.2.
  EXPECT_THAT(warnings_of(config), ::testing::HasSubstr("data.max_predictions_per_seq is 18, but masked_lm_prob 0.15"));
  config.data.masking.max_predictions_per_seq = 19;
  EXPECT_EQ(warnings_of(config), "");
}

TEST(RunConfig, WarnsOfSmallBatchesOfAWideModelAtItsFullRate) {
  RunConfig config = small_config();
  config.train.batch_size = 63;
  EXPECT_THAT(
      warnings_of(config),
      ::testing::HasSubstr("an update has 63 sequences at optimizer.learning_rate 0.0001, for a model 768 wide"));
  config.train.batch_tokens = 64 * 128;  // Counts instead.
  EXPECT_EQ(warnings_of(config), "");
  --config.train.batch_tokens;
  EXPECT_THAT(warnings_of(config), ::testing::HasSubstr("an update has 63 sequences"));

  RunConfig slow = config, narrow = config, other = config;
  slow.optimizer.learning_rate = 0.9e-4;
  narrow.model.hidden_size = 511;
  narrow.model.num_attention_heads = 7;
  other.optimizer.algorithm = "lamb";
  for (const RunConfig& sound : {slow, narrow, other}) EXPECT_EQ(warnings_of(sound), "");
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

TEST(RunConfig, HeldOutTextMayHaveFewerShortSequencesThanTrainingText) {
  RunConfig config = small_config();
  config.data.pairing.short_seq_prob = 0.5;
  EXPECT_EQ(config.evaluation_loader().pairing.short_seq_prob, 0.5);
  config.data.valid_short_seq_prob = 0;
  EXPECT_EQ(config.evaluation_loader().pairing.short_seq_prob, 0);
  EXPECT_EQ(config.loader().pairing.short_seq_prob, 0.5);
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
