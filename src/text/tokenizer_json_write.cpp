#include <algorithm>

#include "bertforge/base/files.h"
#include "tokenizer_json.h"

namespace bertforge::tokenizer_json {

namespace {

using nlohmann::ordered_json;

ordered_json strip_accents_value(const TokenizerConfig& config) {
  if (config.strip_accents == "auto") return nullptr;
  return config.strip_accents == "true";
}

ordered_json make_added_tokens(const std::vector<std::string>& pieces, const std::vector<TokenId>& special_ids) {
  ordered_json tokens = ordered_json::array();
  std::vector<TokenId> sorted = special_ids;
  std::sort(sorted.begin(), sorted.end());
  for (const TokenId id : sorted) {
    tokens.push_back(make_added_token(id, pieces[static_cast<std::size_t>(id)], true));
  }
  return tokens;
}

// transformers 5 makes a BertTokenizer anew from its vocabulary, with these three at their defaults; any other value only
// survives in the class that takes tokenizer.json as it is.
const char* tokenizer_class(const TokenizerConfig& config) {
  const TokenizerConfig defaults;
  const bool is_plain = config.max_word_chars == defaults.max_word_chars && config.clean_text == defaults.clean_text &&
                        config.suffix_indicator == defaults.suffix_indicator;
  return is_plain ? "BertTokenizer" : "PreTrainedTokenizerFast";
}

}  // namespace

ordered_json make_added_token(TokenId id, const std::string& content, bool special) {
  return {{"id", id},        {"content", content},  {"single_word", false}, {"lstrip", false},
          {"rstrip", false}, {"normalized", false}, {"special", special}};
}

// [CLS] A [SEP], [CLS] A [SEP] B [SEP]; nothing is added where the vocabulary has not both tokens.
ordered_json make_post_processor(const TokenizerConfig& config, const SpecialTokens& ids) {
  if (ids.cls < 0 || ids.sep < 0) return nullptr;
  const auto special = [](const std::string& token, int segment) {
    return ordered_json{{"SpecialToken", {{"id", token}, {"type_id", segment}}}};
  };
  const auto sequence = [](const char* name, int segment) {
    return ordered_json{{"Sequence", {{"id", name}, {"type_id", segment}}}};
  };
  const auto entry = [](const std::string& token, TokenId id) {
    return ordered_json{{"id", token}, {"ids", ordered_json::array({id})}, {"tokens", ordered_json::array({token})}};
  };
  const std::string &cls = config.cls_token, &sep = config.sep_token;
  const auto opening = ordered_json::array({special(cls, 0), sequence("A", 0), special(sep, 0)});
  ordered_json pair = opening;
  pair.push_back(sequence("B", 1));
  pair.push_back(special(sep, 1));
  return {{"type", "TemplateProcessing"},
          {"single", opening},
          {"pair", pair},
          {"special_tokens", {{cls, entry(cls, ids.cls)}, {sep, entry(sep, ids.sep)}}}};
}

void write_object(const std::filesystem::path& path, const ordered_json& object) {
  write_file_atomic(path, object.dump(2) + "\n");
}

ordered_json make_tokenizer_json(const TokenizerConfig& config, const std::vector<std::string>& pieces,
                                 const SpecialTokens& ids, const std::vector<TokenId>& special_ids) {
  ordered_json vocab = ordered_json::object();
  auto& entries = vocab.get_ref<ordered_json::object_t&>();
  entries.reserve(pieces.size());
  // An ordered_json looks for each new key among all before it; the vector beneath it does not, and pieces are unique.
  using Entries = std::vector<ordered_json::object_t::value_type>;
  for (std::size_t i = 0; i < pieces.size(); ++i) entries.Entries::emplace_back(pieces[i], i);
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens", make_added_tokens(pieces, special_ids)},
          {"normalizer",
           {{"type", "BertNormalizer"},
            {"clean_text", config.clean_text},
            {"handle_chinese_chars", config.split_cjk},
            {"strip_accents", strip_accents_value(config)},
            {"lowercase", config.lowercase}}},
          {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
          {"post_processor", make_post_processor(config, ids)},
          {"decoder", {{"type", "WordPiece"}, {"prefix", config.suffix_indicator}, {"cleanup", true}}},
          {"model",
           {{"type", "WordPiece"},
            {"unk_token", config.unknown_token},
            {"continuing_subword_prefix", config.suffix_indicator},
            {"max_input_chars_per_word", config.max_word_chars},
            {"vocab", std::move(vocab)}}}};
}

ordered_json make_tokenizer_config(const TokenizerConfig& config, std::int64_t max_length) {
  ordered_json object = make_special_tokens_map(config);
  object["tokenizer_class"] = tokenizer_class(config);
  object["do_lower_case"] = config.lowercase;
  object["strip_accents"] = strip_accents_value(config);
  object["tokenize_chinese_chars"] = config.split_cjk;
  object["clean_up_tokenization_spaces"] = true;
  object["model_max_length"] = max_length;
  object["model_input_names"] = {"input_ids", "token_type_ids", "attention_mask"};
  if (config.compat != TokenizerConfig().compat) object["bertforge_compat"] = config.compat;
  if (!config.split) object["bertforge_split"] = false;
  return object;
}

ordered_json make_special_tokens_map(const TokenizerConfig& config) {
  ordered_json map = {{"cls_token", config.cls_token},
                      {"mask_token", config.mask_token},
                      {"pad_token", config.pad_token},
                      {"sep_token", config.sep_token},
                      {"unk_token", config.unknown_token}};
  if (!config.extra_special_tokens.empty()) map["additional_special_tokens"] = config.extra_special_tokens;
  return map;
}

}  // namespace bertforge::tokenizer_json
