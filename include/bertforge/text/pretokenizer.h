#pragma once
// The pre-tokenizer: normalized text into words. White space parts words and is dropped; every punctuation character is a
// word of its own.
//
// Fed by normalizer.h; feeds words.h.
// Source: Hugging Face tokenizers 0.23.2, BertPreTokenizer; and as normalizer.h says.

#include <string_view>
#include <vector>

#include "bertforge/text/compat.h"

namespace bertforge {

struct SplitOptions {
  Compat compat = Compat::kHuggingFace;
  bool split = true;  // False: words are what stands between white space.
};

// Replaces `words` by the words of `normalized` (UTF-8), as views into it.
void split_words(std::string_view normalized, std::vector<std::string_view>& words, const SplitOptions& options = {});

}  // namespace bertforge
