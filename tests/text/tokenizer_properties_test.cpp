// The fuzz target's properties for random bytes: what runs everywhere, with any compiler and under the sanitizers.

#include "fuzz/tokenizer_properties.h"

#include <gtest/gtest.h>

#include "bertforge/base/random.h"
#include "bertforge/text/wordpiece_tokenizer.h"

namespace bertforge {
namespace {

std::vector<std::uint8_t> random_bytes(CounterRandom& random, std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.next());
  return bytes;
}

FuzzCase random_case(CounterRandom& random) { return spell_fuzz_case(random_bytes(random, 8 + random.below(500))); }

TEST(TokenizerProperties, HoldForRandomCases) {
  CounterRandom random(21);
  for (int round = 0; round < 5000; ++round) {
    const std::string fault = find_tokenizer_fault(random_case(random));
    ASSERT_TRUE(fault.empty()) << "round " << round << ", " << fault;
  }
}

TEST(TokenizerProperties, HoldForNoBytesAtAll) { EXPECT_EQ(find_tokenizer_fault(spell_fuzz_case({})), ""); }

// Cases in which all is unknown, or no text is long, would prove little.
TEST(TokenizerProperties, AreAskedOfWordsThatPiecesFitAndOfLongTexts) {
  CounterRandom random(22);
  std::size_t num_tokens = 0, num_known = 0, num_continuing = 0, num_long = 0;
  for (int round = 0; round < 300; ++round) {
    const FuzzCase made = random_case(random);
    const WordPieceTokenizer tokenizer(Vocabulary(made.pieces, "random"), made.config, "random");
    for (const std::string& text : made.texts) {
      num_long += text.size() > 2048;
      for (const Token& token : tokenizer.encode_with_offsets(text, made.specials)) {
        ++num_tokens;
        num_known += token.id != tokenizer.special_tokens().unknown;
        num_continuing += tokenizer.continues_word(token.id);
      }
    }
  }
  EXPECT_GT(num_tokens, 30'000u);
  EXPECT_GT(num_known, num_tokens / 3);
  EXPECT_GT(num_continuing, num_tokens / 10);
  EXPECT_GT(num_long, 30u);
}

}  // namespace
}  // namespace bertforge
