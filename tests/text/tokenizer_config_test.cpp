#include "bertforge/text/tokenizer_config.h"

#include <gtest/gtest.h>

#include "bertforge/base/field_list.h"
#include "support/error_matchers.h"

namespace bertforge {
namespace {

TEST(TokenizerConfig, StripsAccentsWithLowerCaseUnlessTold) {
  EXPECT_TRUE(TokenizerConfig().normalizer_options().strip_accents);
  EXPECT_FALSE(TokenizerConfig{.lowercase = false}.normalizer_options().strip_accents);
  EXPECT_TRUE((TokenizerConfig{.lowercase = false, .strip_accents = "true"}).normalizer_options().strip_accents);
  EXPECT_FALSE(TokenizerConfig{.strip_accents = "false"}.normalizer_options().strip_accents);
}

TEST(TokenizerConfig, RefusesWhatMakesNoTokenizer) {
  EXPECT_NO_THROW(TokenizerConfig().validate());
  EXPECT_ERROR(TokenizerConfig{.strip_accents = "yes"}.validate(), ErrorKind::kUsage, "strip_accents is \"yes\"");
  EXPECT_ERROR(TokenizerConfig{.max_word_chars = 0}.validate(), ErrorKind::kUsage, "max_word_chars is 0");
  EXPECT_ERROR(TokenizerConfig{.mask_token = ""}.validate(), ErrorKind::kUsage, "is empty; each needs a name");
  EXPECT_ERROR(TokenizerConfig{.mask_token = "[PAD]"}.validate(), ErrorKind::kUsage, "\"[PAD]\"");
}

TEST(TokenizerConfig, NamesEveryFieldOnce) {
  TokenizerConfig config;
  FieldList fields;
  visit_fields(config, fields);
  EXPECT_EQ(fields.fields().size(), 14u);
  set_field_from_text(*fields.find("lowercase"), "false", "command line");
  EXPECT_FALSE(config.lowercase);
}

TEST(TokenizerConfig, HasTheDefaultsOfItsCompat) {
  EXPECT_EQ(TokenizerConfig::defaults_of("huggingface"), TokenizerConfig());
  EXPECT_EQ(TokenizerConfig::defaults_of("google"), (TokenizerConfig{.compat = "google", .max_word_chars = 200}));
  EXPECT_EQ(TokenizerConfig::defaults_of("keras"),
            (TokenizerConfig{.compat = "keras", .lowercase = false, .strip_accents = "false"}));
  EXPECT_ERROR(TokenizerConfig::defaults_of("bert"), ErrorKind::kUsage, "compat is \"bert\"");
}

TEST(TokenizerConfig, ChangesWithItsCompatWhatStandsAtTheDefault) {
  TokenizerConfig config{.max_word_chars = 50};
  config.change_compat("keras");
  EXPECT_EQ(config,
            (TokenizerConfig{.compat = "keras", .lowercase = false, .strip_accents = "false", .max_word_chars = 50}));
  config.change_compat("google");
  EXPECT_EQ(config, (TokenizerConfig{.compat = "google", .max_word_chars = 50}));
}

TEST(TokenizerConfig, TakesTheDefaultsOfItsCompatWhereNobodySaidOtherwise) {
  TokenizerConfig config;
  FieldList fields;
  visit_fields(config, fields);
  for (const auto& [path, value] : {std::pair{"compat", "google"}, {"lowercase", "true"}}) {
    set_field_from_text(*fields.find(path), value, "command line");
    fields.find(path)->origin = "command line";
  }
  take_compat_defaults(config, fields);
  EXPECT_EQ(config.max_word_chars, 200);
  set_field_from_text(*fields.find("compat"), "keras", "command line");
  take_compat_defaults(config, fields);
  EXPECT_EQ(config.strip_accents, "false");
  EXPECT_TRUE(config.lowercase);  // Said.
  EXPECT_EQ(config.max_word_chars, 100);
}

TEST(TokenizerConfig, OfKerasHasNoCleaningToSwitchOff) {
  TokenizerConfig config = TokenizerConfig::defaults_of("keras");
  EXPECT_NO_THROW(config.validate());
  config.clean_text = false;
  EXPECT_ERROR(config.validate(), ErrorKind::kUsage, "clean_text is false");
}

TEST(TokenizerOverrides, ChangeWhatTheyNameAndNothingElse) {
  TokenizerConfig config{.lowercase = false, .max_word_chars = 200};
  TokenizerOverrides{}.apply_to(config);
  EXPECT_EQ(config, (TokenizerConfig{.lowercase = false, .max_word_chars = 200}));
  TokenizerOverrides overrides;
  overrides.strip_accents = true;
  overrides.suffix_indicator = "@@";
  overrides.apply_to(config);
  EXPECT_EQ(config, (TokenizerConfig{
                        .lowercase = false, .strip_accents = "true", .suffix_indicator = "@@", .max_word_chars = 200}));
}

}  // namespace
}  // namespace bertforge
