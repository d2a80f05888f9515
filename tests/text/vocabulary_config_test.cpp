#include "bertforge/text/vocabulary_config.h"

#include <gtest/gtest.h>

#include "bertforge/text/tokenizer_config.h"
#include "support/error_matchers.h"

namespace bertforge {
namespace {

TEST(VocabularyConfig, RefusesWhatNoLineOfAVocabularyCanHold) {
  EXPECT_ERROR(VocabularyConfig{.initial_alphabet = "ab c"}.validate(), ErrorKind::kUsage, "initial_alphabet");
  EXPECT_ERROR(VocabularyConfig{.initial_alphabet = "\u3000"}.validate(), ErrorKind::kUsage, "initial_alphabet");
  for (const char* token : {"", "[X] ", "\u00A0", "[X\nY]"}) {
    EXPECT_ERROR(VocabularyConfig{.special_tokens = {token}}.validate(), ErrorKind::kUsage, "special_tokens");
  }
  EXPECT_ERROR(TokenizerConfig{.mask_token = "[MASK] "}.validate(), ErrorKind::kUsage, "special token");
}

TEST(VocabularyConfig, RefusesNumbersOutOfBoundsAndATokenThatIsNamedTwice) {
  EXPECT_ERROR(VocabularyConfig{.vocab_size = 0}.validate(), ErrorKind::kUsage, "vocab_size is 0");
  EXPECT_ERROR(VocabularyConfig{.min_frequency = -1}.validate(), ErrorKind::kUsage, "min_frequency is -1");
  EXPECT_ERROR((VocabularyConfig{.special_tokens = {"[UNK]", "[UNK]"}}.validate()), ErrorKind::kUsage, "twice");
}

}  // namespace
}  // namespace bertforge
