#pragma once
// The characters that a vocabulary is learned over, and the words that can be written with them.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bertforge/text/vocabulary_config.h"
#include "bertforge/text/word_counter.h"

namespace bertforge {

// The code points of a UTF-8 text.
std::vector<char32_t> code_points(std::string_view text);

std::string to_utf8(char32_t code);

// The limit_alphabet most frequent characters of the words and those of initial_alphabet, sorted; of two that are equally
// frequent the one with the smaller code point.
std::vector<char32_t> choose_alphabet(const WordCounts& words, const VocabularyConfig& config);

}  // namespace bertforge
