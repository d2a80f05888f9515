#pragma once
// How often text spells special tokens out ("[MASK]"). Corpora are read as text: what is spelled so is no special token.
//
// Used by the dataset builder, so that whoever inspects a dataset hears of it.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bertforge/text/tokenizer.h"

namespace bertforge {

class LiteralSpecials {
 public:
  explicit LiteralSpecials(const Tokenizer& tokenizer);  // Without WikiText's `<unk>`, which marks a missing word.

  std::int64_t count(std::string_view text) const;

 private:
  std::vector<std::string> names_;
};

}  // namespace bertforge
