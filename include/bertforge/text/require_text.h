#pragma once
// The refusal of what is no text: archives, UTF-16, binary files, and what is compressed where that is not unpacked.
//
// Used wherever text comes from a file: line_blocks.h, vocabulary.h, the benchmarks.

#include <string>
#include <string_view>

namespace bertforge {

// Error(kInput) where `beginning`, the first lines of the input called `name`, shows that it is no text, with what makes it one.
void require_text(std::string_view beginning, const std::string& name);

}  // namespace bertforge
