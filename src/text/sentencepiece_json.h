#pragma once
// A sentencepiece model as the JSON files of a tokenizer folder, which give the library's ids in Hugging Face tokenizers
// 0.23.2 (docs/tokenizer.md says where they cannot).

#include <nlohmann/json_fwd.hpp>

#include "bertforge/text/tokenizer_config.h"
#include "sentencepiece_model.h"

namespace bertforge::tokenizer_json {

// `config` has the names of the special tokens.
nlohmann::ordered_json make_sentencepiece_json(const SentencePieceModel& model, const TokenizerConfig& config,
                                               const SpecialTokens& ids);
nlohmann::ordered_json make_sentencepiece_config(const TokenizerConfig& config, std::int64_t max_length);

// Error(kInput) where the tokenizer.json of a folder has other pieces than the model beside it.
void require_pieces_of(const SentencePieceModel& model, const nlohmann::json& tokenizer_json,
                       const std::string& origin);

}  // namespace bertforge::tokenizer_json
