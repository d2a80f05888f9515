#pragma once
// The pre-tokenizer: normalized text into words. White space parts words and is dropped; every punctuation character is a
// word of its own.
//
// Fed by normalizer.h; feeds wordpiece.h and the word counter.
// Source: Hugging Face tokenizers 0.23.2, BertPreTokenizer.

#include <string_view>
#include <vector>

namespace bertforge {

// Replaces `words` by the words of `normalized` (UTF-8), as views into it.
void split_words(std::string_view normalized, std::vector<std::string_view>& words);

}  // namespace bertforge
