#pragma once
// A tokenizer and texts for it, spelled by a string of bytes: every string spells some case, and a small change a similar one.
//
// Fed by libFuzzer (tokenizer_fuzz.cpp) and by random bytes (tests/text/tokenizer_properties_test.cpp); eaten by
// tokenizer_properties.h.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "bertforge/text/tokenizer.h"
#include "bertforge/text/tokenizer_config.h"

namespace bertforge {

struct FuzzCase {
  TokenizerConfig config;
  std::vector<std::string> pieces;  // A vocabulary: UTF-8, no piece twice, the unknown token among them.
  SpecialTokensInText specials = SpecialTokensInText::kAreText;
  std::vector<std::string> texts;  // Any bytes.
};

FuzzCase spell_fuzz_case(std::span<const std::uint8_t> data);

// The case as C++ strings and settings, to repeat it in a test by hand.
std::string describe(const FuzzCase& fuzz_case);

}  // namespace bertforge
