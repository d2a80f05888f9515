#pragma once
// Compat: the program whose ids a WordPiece tokenizer gives. It decides character classes, the order of the steps, how case
// is lowered and what a long word is (docs/tokenizer.md has the table of differences).
//
// Fed by TokenizerConfig; eaten by char_table.h and every step of the tokenizer.

#include <string>
#include <string_view>
#include <vector>

namespace bertforge {

enum class Compat {
  kHuggingFace,  // tokenizers 0.23.2, BertWordPieceTokenizer.
  kGoogle,       // google-research/bert, tokenization.py on Python 3.11.
  kKeras,        // keras_hub 0.32, WordPieceTokenizer on tensorflow-text.
};

std::vector<std::string> compat_names();  // "huggingface", "google", "keras"

// Error(kUsage) on any other name.
Compat find_compat(std::string_view name);

}  // namespace bertforge
