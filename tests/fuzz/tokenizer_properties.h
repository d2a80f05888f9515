#pragma once
// What holds of a WordPiece tokenizer for any vocabulary, settings and bytes.
//
// Stated once, for the fuzz target and for its seeded twin among the unit tests: every way to a text's ids gives the same ids,
// cold and warm, alone and among others, whole and in parts; tokens lie in the text, in order; ids decode to UTF-8.

#include <string>

#include "fuzz/fuzz_case.h"

namespace bertforge {

// What does not hold, with the text and both answers; empty where all does.
std::string find_tokenizer_fault(const FuzzCase& fuzz_case);

}  // namespace bertforge
