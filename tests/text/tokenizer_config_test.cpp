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
  EXPECT_EQ(fields.fields().size(), 11u);
  set_field_from_text(*fields.find("lowercase"), "false", "command line");
  EXPECT_FALSE(config.lowercase);
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
