#include "bertforge/text/tokenizer_config.h"

#include <set>
#include <type_traits>
#include <variant>

#include "bertforge/base/error.h"
#include "bertforge/base/field_list.h"
#include "bertforge/text/unicode.h"
#include "bertforge/text/vocabulary.h"

namespace bertforge {

TokenizerConfig TokenizerConfig::defaults_of(const std::string& compat) {
  TokenizerConfig config{.compat = compat};
  const Compat program = find_compat(compat);
  if (program == Compat::kGoogle) config.max_word_chars = 200;
  if (program == Compat::kKeras) config.lowercase = false, config.strip_accents = "false";
  return config;
}

void TokenizerConfig::change_compat(const std::string& name) {
  const TokenizerConfig before = defaults_of(compat), after = defaults_of(name);
  const auto follow = [](auto& field, const auto& old_default, const auto& new_default) {
    if (field == old_default) field = new_default;
  };
  follow(lowercase, before.lowercase, after.lowercase);
  follow(strip_accents, before.strip_accents, after.strip_accents);
  follow(max_word_chars, before.max_word_chars, after.max_word_chars);
  compat = name;
}

void TokenizerConfig::validate() const {
  if (find_compat(compat) == Compat::kKeras && !clean_text) {
    fail(ErrorKind::kUsage, "clean_text is false; compat \"keras\" has no such step: there, controls part words");
  }
  if (strip_accents != "auto" && strip_accents != "true" && strip_accents != "false") {
    fail(ErrorKind::kUsage, "strip_accents is \"", strip_accents, "\"; \"auto\", \"true\" or \"false\" is expected");
  }
  if (max_word_chars < 1) fail(ErrorKind::kUsage, "max_word_chars is ", max_word_chars, "; at least 1 is expected");
  std::set<std::string> names;
  std::vector<std::string> tokens = {unknown_token, pad_token, cls_token, sep_token, mask_token};
  tokens.insert(tokens.end(), extra_special_tokens.begin(), extra_special_tokens.end());
  for (const std::string& token : tokens) {
    if (token.empty())
      fail(ErrorKind::kUsage,
           "one of unknown_token, pad_token, cls_token, sep_token, mask_token and extra_special_tokens is empty; "
           "each needs a name");
    if (!fits_vocab_txt(token)) {
      fail(ErrorKind::kUsage, "the name of a special token, \"", trim_end(token.substr(0, token.find('\n'))),
           "\", ends with white space or has a line's end in it; no line of vocab.txt can hold it");
    }
    if (!names.insert(token).second) fail(ErrorKind::kUsage, "two special tokens have the same name, \"", token, "\"");
  }
}

NormalizerOptions TokenizerConfig::normalizer_options() const {
  return {.clean_text = clean_text,
          .split_cjk = split_cjk,
          .strip_accents = strip_accents == "auto" ? lowercase : strip_accents == "true",
          .lowercase = lowercase,
          .compat = find_compat(compat)};
}

void visit_fields(TokenizerConfig& config, FieldList& fields) {
  fields.add("compat", config.compat, "The program whose ids are given; it has its own defaults for what is not set.",
             compat_names());
  fields.add("lowercase", config.lowercase, "Make text lower case.");
  fields.add("strip_accents", config.strip_accents, "Remove accents; auto: as lowercase.", {"auto", "true", "false"});
  fields.add("split_cjk", config.split_cjk, "Make every Chinese character a word.");
  fields.add("clean_text", config.clean_text, "Delete control characters and make all white space alike.");
  fields.add("split", config.split, "Split words at punctuation; false: words are what stands between white space.");
  fields.add("suffix_indicator", config.suffix_indicator, "What pieces that continue a word begin with.");
  fields.add("max_word_chars", config.max_word_chars, "Longer words, in characters (keras: bytes), are unknown.",
             {.min = 1});
  fields.add("unknown_token", config.unknown_token, "The piece for words that no pieces fit.");
  fields.add("pad_token", config.pad_token, "The piece that fills up sequences.");
  fields.add("cls_token", config.cls_token, "The piece that opens an example.");
  fields.add("sep_token", config.sep_token, "The piece that ends a segment.");
  fields.add("mask_token", config.mask_token, "The piece that hides a target.");
  fields.add("extra_special_tokens", config.extra_special_tokens, "Other pieces that are special tokens.");
}

void take_compat_defaults(TokenizerConfig& config, const FieldList& fields) {
  const TokenizerConfig defaults = TokenizerConfig::defaults_of(config.compat);
  const auto take = [&](auto& field, const auto& its_default) {
    for (const Field& entry : fields.fields()) {
      const auto* target = std::get_if<std::remove_reference_t<decltype(field)>*>(&entry.target);
      if (target != nullptr && *target == &field && entry.origin == "default") field = its_default;
    }
  };
  take(config.lowercase, defaults.lowercase);
  take(config.strip_accents, defaults.strip_accents);
  take(config.max_word_chars, defaults.max_word_chars);
}

void TokenizerOverrides::apply_to(TokenizerConfig& config) const {
  if (compat) config.change_compat(*compat);
  if (lowercase) config.lowercase = *lowercase;
  if (strip_accents) config.strip_accents = *strip_accents ? "true" : "false";
  if (split_cjk) config.split_cjk = *split_cjk;
  if (clean_text) config.clean_text = *clean_text;
  if (split) config.split = *split;
  if (suffix_indicator) config.suffix_indicator = *suffix_indicator;
  if (unknown_token) config.unknown_token = *unknown_token;
  if (max_word_chars) config.max_word_chars = *max_word_chars;
  if (!extra_special_tokens.empty()) config.extra_special_tokens = extra_special_tokens;
}

}  // namespace bertforge
