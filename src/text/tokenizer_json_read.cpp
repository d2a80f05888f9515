#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "tokenizer_json.h"

namespace bertforge::tokenizer_json {

namespace {

using nlohmann::json;

// Reads object[key] into `value` where it stands there and is not null.
template <class T>
void read_value(const json& object, const char* key, T& value, const std::string& origin) {
  const auto entry = object.find(key);
  if (entry == object.end() || entry->is_null()) return;
  try {
    entry->get_to(value);
  } catch (const json::exception&) {
    fail(ErrorKind::kInput, origin, ": \"", key, "\" is ", entry->dump(), "; another type is expected");
  }
}

// true, false or null (auto).
void read_strip_accents(const json& object, TokenizerConfig& config, const std::string& origin) {
  const auto entry = object.find("strip_accents");
  if (entry == object.end()) return;
  if (entry->is_null()) {
    config.strip_accents = "auto";
    return;
  }
  bool strip = false;
  read_value(object, "strip_accents", strip, origin);
  config.strip_accents = strip ? "true" : "false";
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
  std::vector<std::string> pieces(vocab.size());
  for (const auto& [piece, id] : vocab.items()) {
    if (!id.is_number_unsigned() || id.get<std::size_t>() >= pieces.size()) {
      fail(ErrorKind::kInput, origin, ": the id of \"", piece, "\" is ", id.dump(), "; 0 to ", pieces.size() - 1,
           ", each once, are expected");
    }
    pieces[id.get<std::size_t>()] = piece;
  }
  return pieces;
}

void require_added_tokens_are_pieces(const json& object, const json& vocab, const std::string& origin) {
  const auto added = object.find("added_tokens");
  if (added == object.end() || !added->is_array()) return;
  for (const json& token : *added) {
    std::string content;
    if (token.is_object()) read_value(token, "content", content, origin);
    if (!vocab.contains(content)) {
      fail(ErrorKind::kInput, origin, ": the added token \"", content,
           "\" is not in the vocabulary; only those that are can be read");
    }
  }
}

}  // namespace

json read_object(const std::filesystem::path& path) {
  try {
    json object = json::parse(read_file(path));
    if (!object.is_object()) fail(ErrorKind::kInput, path.string(), ": a JSON object is expected");
    return object;
  } catch (const json::parse_error& error) {
    fail(ErrorKind::kInput, path.string(), ": not JSON: ", error.what());
  }
}

void apply_tokenizer_config(const json& object, TokenizerConfig& config, const std::string& origin) {
  read_value(object, "do_lower_case", config.lowercase, origin);
  read_strip_accents(object, config, origin);
  read_value(object, "tokenize_chinese_chars", config.split_cjk, origin);
  read_token(object, "unk_token", config.unknown_token, origin);
  read_token(object, "pad_token", config.pad_token, origin);
  read_token(object, "cls_token", config.cls_token, origin);
  read_token(object, "sep_token", config.sep_token, origin);
  read_token(object, "mask_token", config.mask_token, origin);
}

std::vector<std::string> apply_tokenizer_json(const json& object, TokenizerConfig& config, const std::string& origin) {
  const json& normalizer = require_part(object, "normalizer", "BertNormalizer", origin);
  require_part(object, "pre_tokenizer", "BertPreTokenizer", origin);
  const json& model = require_part(object, "model", "WordPiece", origin);
  read_value(normalizer, "clean_text", config.clean_text, origin);
  read_value(normalizer, "handle_chinese_chars", config.split_cjk, origin);
  read_value(normalizer, "lowercase", config.lowercase, origin);
  read_strip_accents(normalizer, config, origin);
  read_value(model, "unk_token", config.unknown_token, origin);
  read_value(model, "continuing_subword_prefix", config.suffix_indicator, origin);
  read_value(model, "max_input_chars_per_word", config.max_word_chars, origin);
  const json& vocab = model.contains("vocab") ? model["vocab"] : json();
  require_added_tokens_are_pieces(object, vocab, origin);
  return read_pieces(vocab, origin);
}

}  // namespace bertforge::tokenizer_json
