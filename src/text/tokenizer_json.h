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

// Writes a file of a tokenizer folder, as all of them are laid out.
void write_object(const std::filesystem::path& path, const nlohmann::ordered_json& object);

// What do_lower_case, strip_accents and tokenize_chinese_chars of tokenizer_config.json do beside a tokenizer.json. As
// transformers' AutoTokenizer has it (4.46 and 5.17), that is the class's matter:
// - BertTokenizer and its kin make the normalizer anew from them: they rule, and where one is missing, its default does;
// - PreTrainedTokenizerFast takes tokenizer.json as it is.
enum class NormalizerKeys { kRule, kAreIgnored };

// By the class that tokenizer_config.json (an empty object where there is none) names. If it names none, it is
// BertTokenizer where a model's config.json stands beside it, else PreTrainedTokenizerFast.
NormalizerKeys normalizer_keys(const nlohmann::json& tokenizer_config, bool has_model, const std::string& origin);

// What tokenizer_config.json says that Hugging Face cannot express, over the defaults: bertforge_compat, whose program's
// defaults are taken, and bertforge_split. Error(kInput) on a compat that is none.
TokenizerConfig read_own_settings(const nlohmann::json& object, const std::string& origin);

// Lays what tokenizer_config.json says over `config`: those keys, and the names of special tokens. Names that are missing
// or null change nothing.
void apply_tokenizer_config(const nlohmann::json& object, NormalizerKeys keys, TokenizerConfig& config,
                            const std::string& origin);

// Takes out of config.extra_special_tokens what is there twice, or has a field of its own.
void remove_known_special_tokens(TokenizerConfig& config);

// Lays tokenizer.json over `config` and returns its pieces by id. Error(kInput) on anything but WordPiece with
// BertNormalizer and BertPreTokenizer.
std::vector<std::string> apply_tokenizer_json(const nlohmann::json& object, TokenizerConfig& config,
                                              const std::string& origin);

// What save() writes, keys in the order in which transformers writes them. `special_ids`: of all special tokens.
nlohmann::ordered_json make_tokenizer_json(const TokenizerConfig& config, const std::vector<std::string>& pieces,
                                           const SpecialTokens& ids, const std::vector<TokenId>& special_ids);
nlohmann::ordered_json make_tokenizer_config(const TokenizerConfig& config, std::int64_t max_length);
nlohmann::ordered_json make_special_tokens_map(const TokenizerConfig& config);

// Parts of tokenizer.json that every kind of tokenizer has.
nlohmann::ordered_json make_added_token(TokenId id, const std::string& content, bool special);
nlohmann::ordered_json make_post_processor(const TokenizerConfig& config, const SpecialTokens& ids);

}  // namespace bertforge::tokenizer_json
