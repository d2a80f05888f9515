#pragma once
// Documents that two datasets have in common.
//
// Fed by token_store.h; eaten by the command pretrain, which warns: what is held out must not be trained on.

#include <cstdint>

#include "bertforge/data/token_store.h"

namespace bertforge {

// How many documents of `held_out` stand in `training` too, token for token. Reads all tokens of both; 8 bytes a document.
// REQUIRES: the same tokenizer.
std::int64_t count_common_documents(const TokenStore& held_out, const TokenStore& training, int num_threads = 0);

}  // namespace bertforge
