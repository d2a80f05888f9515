#pragma once
// The JSON files of a tokenizer folder, to and from a TokenizerConfig (docs/tokenizer.md).

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bertforge/text/tokenizer.h"
#include "bertforge/text/tokenizer_config.h"

namespace bertforge::tokenizer_json {

// The object in a file; Error(kInput) that names file and place where it is not JSON or not an object.
nlohmann::json read_object(const std::filesystem::path& path);

// Lays what tokenizer_config.json says over `config`. Keys that are missing, null or unknown change nothing.
void apply_tokenizer_config(const nlohmann::json& object, TokenizerConfig& config, const std::string& origin);

// Lays tokenizer.json over `config` and returns its pieces by id. Error(kInput) on anything but WordPiece with
// BertNormalizer and BertPreTokenizer.
std::vector<std::string> apply_tokenizer_json(const nlohmann::json& object, TokenizerConfig& config,
                                              const std::string& origin);

// What save() writes, keys in the order in which transformers writes them.
nlohmann::ordered_json make_tokenizer_json(const TokenizerConfig& config, const std::vector<std::string>& pieces,
                                           const SpecialTokens& ids);
nlohmann::ordered_json make_tokenizer_config(const TokenizerConfig& config, std::int64_t max_length);
nlohmann::ordered_json make_special_tokens_map(const TokenizerConfig& config);

}  // namespace bertforge::tokenizer_json
