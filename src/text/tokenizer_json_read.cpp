#include <algorithm>

#include "bertforge/base/error.h"
#include "bertforge/base/field_list.h"
#include "bertforge/formats/json.h"
#include "tokenizer_json.h"

namespace bertforge::tokenizer_json {

namespace {

using nlohmann::json;

// Reads object[key] into `value` where it stands there and is not null.
void read_value(const json& object, const char* key, bool& value, const std::string& origin) {
  value = get_bool(object, key, origin, value);
}
void read_value(const json& object, const char* key, std::int64_t& value, const std::string& origin) {
  value = get_int(object, key, origin, value);
}
void read_value(const json& object, const char* key, std::string& value, const std::string& origin) {
  value = get_string(object, key, origin, value);
}

// true, false, or null and missing (auto).
std::string read_strip_accents(const json& object, const std::string& origin) {
  const auto entry = object.find("strip_accents");
  if (entry == object.end() || entry->is_null()) return "auto";
  return get_bool(object, "strip_accents", origin) ? "true" : "false";
}

// A special token is a text, or an object whose "content" is one.
void read_token(const json& object, const char* key, std::string& token, const std::string& origin) {
  const auto entry = object.find(key);
  if (entry != object.end() && entry->is_object()) {
    read_value(*entry, "content", token, origin);
  } else {
    read_value(object, key, token, origin);
  }
}

// Appends the tokens of a list; v4 and v5 of transformers call it differently.
void read_extra_tokens(const json& object, const char* key, std::vector<std::string>& tokens,
                       const std::string& origin) {
  const auto list = object.find(key);
  if (list == object.end() || !list->is_array()) return;
  for (const json& token : *list) read_token({{key, token}}, key, tokens.emplace_back(), origin);
}

// The part `name` of tokenizer.json, which is of the type `type`.
const json& require_part(const json& object, const char* name, const char* type, const std::string& origin) {
  static const json kEmpty = json::object();
  const auto entry = object.find(name);
  const json& part = entry != object.end() && entry->is_object() ? *entry : kEmpty;
  std::string found = "none";
  read_value(part, "type", found, origin);
  if (found != type) fail(ErrorKind::kInput, origin, ": the ", name, " is ", found, "; only ", type, " is supported");
  return part;
}

std::vector<std::string> read_pieces(const json& vocab, const std::string& origin) {
  if (!vocab.is_object()) fail(ErrorKind::kInput, origin, ": \"vocab\" is no object of pieces and ids");
  std::vector<const std::string*> by_id(vocab.size());
  for (const auto& entry : vocab.get_ref<const json::object_t&>()) {
    const std::string& piece = entry.first;
    const std::int64_t id = get_int(vocab, piece, origin);
    if (id < 0 || id >= std::ssize(by_id)) {
      fail(ErrorKind::kInput, origin, ": the id of \"", piece, "\" is ", id, "; 0 to ", by_id.size() - 1,
           ", each once, are expected");
    }
    const std::string*& place = by_id[static_cast<std::size_t>(id)];
    if (place != nullptr) {
      fail(ErrorKind::kInput, origin, ": \"", *place, "\" and \"", piece, "\" have the same id, ", id, "; 0 to ",
           by_id.size() - 1, ", each once, are expected");
    }
    place = &piece;
  }
  std::vector<std::string> pieces;
  for (const std::string* piece : by_id) pieces.push_back(*piece);
  return pieces;
}

// Those that are special become special tokens of `config`, under whatever name.
void read_added_tokens(const json& object, const json& vocab, TokenizerConfig& config, const std::string& origin) {
  const auto added = object.find("added_tokens");
  if (added == object.end() || !added->is_array()) return;
  for (const json& token : *added) {
    std::string content;
    if (token.is_object()) read_value(token, "content", content, origin);
    if (!vocab.contains(content)) {
      fail(ErrorKind::kInput, origin, ": the added token \"", content,
           "\" is not in the vocabulary; only those that are can be read");
    }
    if (get_bool(token, "special", origin, false)) config.extra_special_tokens.push_back(content);
  }
}

}  // namespace

json read_object(const std::filesystem::path& path) {
  json object = read_json_file(path);
  if (!object.is_object()) fail(ErrorKind::kInput, path.string(), ": a JSON object is expected");
  return object;
}

TokenizerConfig read_own_settings(const json& object, const std::string& origin) {
  const std::string compat = get_string(object, "bertforge_compat", origin, TokenizerConfig().compat);
  const std::vector<std::string> names = compat_names();
  if (std::ranges::find(names, compat) == names.end()) {
    fail(ErrorKind::kInput, origin, ": bertforge_compat is \"", compat, "\"; ", allowed_names(compat, names));
  }
  TokenizerConfig config = TokenizerConfig::defaults_of(compat);
  read_value(object, "bertforge_split", config.split, origin);
  return config;
}

void remove_known_special_tokens(TokenizerConfig& config) {
  std::vector<std::string> known = {config.pad_token, config.unknown_token, config.cls_token, config.sep_token,
                                    config.mask_token};
  std::erase_if(config.extra_special_tokens, [&](const std::string& token) {
    const bool is_known = std::ranges::find(known, token) != known.end();
    if (!is_known) known.push_back(token);
    return is_known;
  });
}

NormalizerKeys normalizer_keys(const json& tokenizer_config, bool has_model, const std::string& origin) {
  const std::string name = get_string(tokenizer_config, "tokenizer_class", origin, has_model ? "BertTokenizer" : "");
  const bool takes_json = name.empty() || name == "PreTrainedTokenizerFast" || name == "TokenizersBackend";
  return takes_json ? NormalizerKeys::kAreIgnored : NormalizerKeys::kRule;
}

void apply_tokenizer_config(const json& object, NormalizerKeys keys, TokenizerConfig& config,
                            const std::string& origin) {
  if (keys == NormalizerKeys::kRule) {
    const TokenizerConfig defaults = TokenizerConfig::defaults_of(config.compat);
    config.lowercase = get_bool(object, "do_lower_case", origin, defaults.lowercase);
    config.strip_accents = read_strip_accents(object, origin);
    config.split_cjk = get_bool(object, "tokenize_chinese_chars", origin, defaults.split_cjk);
  }
  read_token(object, "unk_token", config.unknown_token, origin);
  read_token(object, "pad_token", config.pad_token, origin);
  read_token(object, "cls_token", config.cls_token, origin);
  read_token(object, "sep_token", config.sep_token, origin);
  read_token(object, "mask_token", config.mask_token, origin);
  for (const char* key : {"additional_special_tokens", "extra_special_tokens"}) {
    read_extra_tokens(object, key, config.extra_special_tokens, origin);
  }
}

std::vector<std::string> apply_tokenizer_json(const json& object, TokenizerConfig& config, const std::string& origin) {
  const json& normalizer = require_part(object, "normalizer", "BertNormalizer", origin);
  require_part(object, "pre_tokenizer", "BertPreTokenizer", origin);
  const json& model = require_part(object, "model", "WordPiece", origin);
  read_value(normalizer, "clean_text", config.clean_text, origin);
  read_value(normalizer, "handle_chinese_chars", config.split_cjk, origin);
  read_value(normalizer, "lowercase", config.lowercase, origin);
  config.strip_accents = read_strip_accents(normalizer, origin);
  read_value(model, "unk_token", config.unknown_token, origin);
  read_value(model, "continuing_subword_prefix", config.suffix_indicator, origin);
  read_value(model, "max_input_chars_per_word", config.max_word_chars, origin);
  const json& vocab = model.contains("vocab") ? model["vocab"] : json();
  read_added_tokens(object, vocab, config, origin);
  return read_pieces(vocab, origin);
}

}  // namespace bertforge::tokenizer_json
