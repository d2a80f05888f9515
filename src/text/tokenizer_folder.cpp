#include "bertforge/text/tokenizer_folder.h"

#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <utility>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/base/log.h"
#include "bertforge/text/sentencepiece_tokenizer.h"
#include "bertforge/text/unicode.h"
#include "bertforge/text/wordpiece_tokenizer.h"
#include "tokenizer_json.h"

namespace bertforge {

namespace {

namespace fs = std::filesystem;

constexpr const char* kVocabTxt = "vocab.txt";
constexpr const char* kTokenizerJson = "tokenizer.json";
constexpr const char* kTokenizerConfig = "tokenizer_config.json";
constexpr const char* kModelConfig = "config.json";
constexpr const char* kSpecialTokensMap = "special_tokens_map.json";

// Two files that say different things: one of them is out of date, and only the user knows which. A line of vocab.txt
// cannot hold white space at a piece's end (bert-base-chinese has U+2028 for a piece), so it is not compared.
void require_equal_pieces(const std::vector<std::string>& json_pieces, const fs::path& vocab_txt) {
  const std::vector<std::string> lines = read_vocab_txt(vocab_txt);
  const auto [a, b] = std::mismatch(json_pieces.begin(), json_pieces.end(), lines.begin(), lines.end(),
                                    [](const auto& piece, const auto& line) { return trim_end(piece) == line; });
  if (a == json_pieces.end() && b == lines.end()) return;
  fail(ErrorKind::kInput, vocab_txt.string(), ":", b - lines.begin() + 1, ": differs from the ", kTokenizerJson,
       " beside it; remove the file that is out of date");
}

std::unique_ptr<Tokenizer> load_vocab_txt(const fs::path& vocab_txt, const TokenizerConfig& config) {
  const LineTrim trim = config.compat == "google" ? LineTrim::kBothEnds : LineTrim::kEnd;
  return std::make_unique<WordPieceTokenizer>(Vocabulary::from_file(vocab_txt, trim), config, vocab_txt.string());
}

// A model normalizes and cuts by itself.
void refuse_overrides(const TokenizerOverrides& flags, const std::string& origin) {
  const auto refuse_if = [&](bool is_given, std::string_view flag) {
    if (is_given) fail(ErrorKind::kUsage, origin, ": ", flag, " does not apply to a sentencepiece model; leave it out");
  };
  refuse_if(flags.compat.has_value(), "--compat");
  refuse_if(flags.lowercase.has_value(), "--lowercase");
  refuse_if(flags.strip_accents.has_value(), "--strip-accents");
  refuse_if(flags.split_cjk.has_value(), "--split-cjk");
  refuse_if(flags.clean_text.has_value(), "--clean-text");
  refuse_if(flags.split.has_value(), "--split");
  refuse_if(flags.suffix_indicator.has_value(), "--suffix-indicator");
  refuse_if(flags.unknown_token.has_value(), "--unknown-token");
  refuse_if(flags.max_word_chars.has_value(), "--max-word-chars");
  refuse_if(!flags.extra_special_tokens.empty(), "--extra-special-tokens");
}

std::unique_ptr<SentencePieceTokenizer> load_sentencepiece(const fs::path& path, const TokenizerConfig& names,
                                                           const TokenizerOverrides& overrides) {
  refuse_overrides(overrides, path.string());
  return std::make_unique<SentencePieceTokenizer>(read_file(path), names, path.string());
}

std::unique_ptr<Tokenizer> load_sentencepiece_folder(const fs::path& folder, const TokenizerOverrides& overrides) {
  const fs::path tokenizer_json = folder / kTokenizerJson, config_json = folder / kTokenizerConfig;
  TokenizerConfig names;
  if (path_exists(config_json)) {
    tokenizer_json::apply_tokenizer_config(tokenizer_json::read_object(config_json),
                                           tokenizer_json::NormalizerKeys::kAreIgnored, names, config_json.string());
  }
  auto tokenizer = load_sentencepiece(folder / kSentencePieceModelName, names, overrides);
  if (path_exists(tokenizer_json)) tokenizer->require_same_pieces(tokenizer_json);
  return tokenizer;
}

std::unique_ptr<Tokenizer> load_folder(const fs::path& folder, const TokenizerOverrides& overrides) {
  const fs::path vocab_txt = folder / kVocabTxt, tokenizer_json = folder / kTokenizerJson,
                 config_json = folder / kTokenizerConfig;
  const bool has_text = path_exists(vocab_txt), has_json = path_exists(tokenizer_json),
             has_config = path_exists(config_json);
  if (path_exists(folder / kSentencePieceModelName)) {
    if (!has_text) return load_sentencepiece_folder(folder, overrides);
    fail(ErrorKind::kInput, folder.string(), ": both ", kVocabTxt, " and ", kSentencePieceModelName,
         " stand in this folder; remove the one that is not meant");
  }
  if (!has_text && !has_json) {
    fail(ErrorKind::kUsage, folder.string(), ": no tokenizer in this folder; ", kVocabTxt, ", ", kTokenizerJson, " or ",
         kSentencePieceModelName, " is expected");
  }
  std::vector<std::string> pieces;
  auto keys = tokenizer_json::NormalizerKeys::kRule;
  const nlohmann::json from_config = has_config ? tokenizer_json::read_object(config_json) : nlohmann::json::object();
  TokenizerConfig config = tokenizer_json::read_own_settings(from_config, config_json.string());
  if (has_json) {
    pieces = tokenizer_json::apply_tokenizer_json(tokenizer_json::read_object(tokenizer_json), config,
                                                  tokenizer_json.string());
    keys = tokenizer_json::normalizer_keys(from_config, path_exists(folder / kModelConfig), config_json.string());
  }
  tokenizer_json::apply_tokenizer_config(from_config, keys, config, config_json.string());
  overrides.apply_to(config);
  tokenizer_json::remove_known_special_tokens(config);
  if (!has_json) {
    if (!has_config)
      log_info(folder.string(), ": no ", kTokenizerConfig, "; lower case and the other defaults are taken");
    return load_vocab_txt(vocab_txt, config);
  }
  if (has_text) require_equal_pieces(pieces, vocab_txt);
  return std::make_unique<WordPieceTokenizer>(Vocabulary(std::move(pieces), tokenizer_json.string()), config,
                                              tokenizer_json.string());
}

std::string names_of_missing(std::initializer_list<std::pair<TokenId, const char*>> tokens) {
  std::string missing;
  for (const auto& [id, name] : tokens) {
    if (id < 0) missing += concat(missing.empty() ? "" : ", ", name);
  }
  return missing;
}

void require_none_missing(const std::string& missing, const std::string& origin, const char* expected) {
  if (missing.empty()) return;
  fail(ErrorKind::kInput, origin, ": the vocabulary lacks special tokens: ", missing, "; ", expected,
       ", or what tokenizer_config.json names instead, are needed");
}

}  // namespace

std::unique_ptr<Tokenizer> load_tokenizer(const fs::path& path, const TokenizerOverrides& overrides) {
  if (folder_exists(path)) return load_folder(path, overrides);
  require_file(path);
  if (is_sentencepiece_model(path)) return load_sentencepiece(path, TokenizerConfig(), overrides);
  TokenizerConfig config;
  overrides.apply_to(config);
  log_info(path.string(), ": a bare vocabulary; ", config.lowercase ? "lower case" : "cased", ", otherwise as ",
           config.compat == "huggingface" ? "Hugging Face's BERT" : "compat " + config.compat,
           " (a tokenizer folder carries its settings)");
  return load_vocab_txt(path, config);
}

std::string missing_special_tokens(const Tokenizer& tokenizer) {
  const SpecialTokens& ids = tokenizer.special_tokens();
  return names_of_missing({{ids.pad, "pad"}, {ids.cls, "cls"}, {ids.sep, "sep"}, {ids.mask, "mask"}});
}

void require_special_tokens(const Tokenizer& tokenizer, const std::string& origin) {
  require_none_missing(missing_special_tokens(tokenizer), origin, "[PAD], [CLS], [SEP] and [MASK]");
}

void require_cls_and_sep(const Tokenizer& tokenizer, const std::string& origin) {
  const SpecialTokens& ids = tokenizer.special_tokens();
  require_none_missing(names_of_missing({{ids.cls, "cls"}, {ids.sep, "sep"}}), origin, "[CLS] and [SEP]");
}

void WordPieceTokenizer::save(const fs::path& folder, std::int64_t max_length) const {
  require_folder(folder);
  using namespace tokenizer_json;
  write_file_atomic(folder / kVocabTxt, vocabulary_.to_text());
  write_object(folder / kTokenizerJson,
               make_tokenizer_json(config_, vocabulary_.pieces(), special_tokens_, special_ids_));
  write_object(folder / kTokenizerConfig, make_tokenizer_config(config_, max_length));
  write_object(folder / kSpecialTokensMap, make_special_tokens_map(config_));
}

}  // namespace bertforge
