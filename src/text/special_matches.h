#pragma once
// Special tokens that stand in a text literally ("[MASK]").

#include <span>
#include <string_view>
#include <vector>

#include "bertforge/text/tokenizer.h"

namespace bertforge {

struct SpecialName {
  std::string_view text;  // Not empty.
  TokenId id;
};

struct SpecialMatch {
  TokenId id;
  std::size_t begin, end;  // In bytes.
};

// Whether there is a space, tab or CR in the name, so that a text which is cut there may be cut within it.
bool has_space(std::string_view name);

// In order, none over another: the leftmost match, and of those that begin together the longest.
std::vector<SpecialMatch> find_special_names(std::string_view text, std::span<const SpecialName> names);

}  // namespace bertforge
