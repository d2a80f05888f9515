#pragma once
// The refusal of ids that no piece has. Used by every tokenizer's decode().

#include "bertforge/text/tokenizer.h"

namespace bertforge {

// Error(kInput) unless 0 <= id < vocabulary_size().
void require_id(const Tokenizer& tokenizer, TokenId id);

}  // namespace bertforge
