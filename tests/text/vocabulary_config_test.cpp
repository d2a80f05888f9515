#include "bertforge/text/vocabulary_config.h"

#include <gmock/gmock.h>

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

TEST(VocabularyConfig, RefusesASampleOfNothingAndTooLittleMemory) {
  EXPECT_ERROR(VocabularyConfig{.sample = 0}.validate(), ErrorKind::kUsage, "vocab.sample is 0; a share");
  EXPECT_ERROR(VocabularyConfig{.sample = 1.5}.validate(), ErrorKind::kUsage, "sample is 1.5");
  EXPECT_ERROR(VocabularyConfig{.memory = "99 MB"}.validate(), ErrorKind::kUsage, "at least 100 MB");
  EXPECT_ERROR(VocabularyConfig{.memory = "much"}.validate(), ErrorKind::kUsage, "is not an amount of memory");
}

TEST(VocabularyConfig, HoldsMoreWordsInMoreMemory) {
  EXPECT_EQ(VocabularyConfig{}.max_words(), 0);
  EXPECT_GT(VocabularyConfig{.memory = "100 MB"}.max_words(), 50'000);
  EXPECT_GT(VocabularyConfig{.memory = "2 GB"}.max_words(), 3'000'000);
}

TEST(VocabularyConfig, PutsUnusedPiecesBehindTheSpecialTokens) {
  const VocabularyConfig config = {.special_tokens = {"[PAD]", "[UNK]"}, .num_unused = 2};
  EXPECT_THAT(config.reserved_pieces(), ::testing::ElementsAre("[PAD]", "[UNK]", "[unused0]", "[unused1]"));
}

TEST(VocabularyConfig, HasTheOrderOfGooglesFiles) {
  const VocabularyConfig config = {.num_unused = 101, .special_order = "google"};
  const std::vector<std::string> pieces = config.reserved_pieces();
  ASSERT_EQ(pieces.size(), 106u);
  EXPECT_EQ(pieces[0], "[PAD]");
  EXPECT_EQ(pieces[1], "[unused0]");
  EXPECT_EQ(pieces[99], "[unused98]");
  EXPECT_EQ(pieces[100], "[UNK]");
  EXPECT_EQ(pieces[103], "[MASK]");
  EXPECT_EQ(pieces[104], "[unused99]");
  EXPECT_EQ(pieces[105], "[unused100]");
  const VocabularyConfig few = {.special_tokens = {"[PAD]", "[UNK]"}, .num_unused = 1, .special_order = "google"};
  EXPECT_THAT(few.reserved_pieces(), ::testing::ElementsAre("[PAD]", "[unused0]", "[UNK]"));
}

}  // namespace
}  // namespace bertforge
