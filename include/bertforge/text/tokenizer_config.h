#pragma once
// The settings of a WordPiece tokenizer. They travel in its folder; the defaults are those of bert-base-uncased, and for
// another `compat` those of its program (defaults_of).

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bertforge/text/normalizer.h"

namespace bertforge {

class FieldList;

struct TokenizerConfig {
  std::string compat = "huggingface";  // Whose ids: compat.h.
  bool lowercase = true;
  std::string strip_accents = "auto";  // "true", "false", or "auto": as lowercase.
  bool split_cjk = true;
  bool clean_text = true;
  bool split = true;                    // False: the text is split already; words are what stands between white space.
  std::string suffix_indicator = "##";  // Opens the pieces that continue a word.
  std::int64_t max_word_chars = 100;    // Longer words are unknown. With keras these are bytes.
  std::string unknown_token = "[UNK]";
  std::string pad_token = "[PAD]";
  std::string cls_token = "[CLS]";
  std::string sep_token = "[SEP]";
  std::string mask_token = "[MASK]";
  std::vector<std::string> extra_special_tokens = {};  // Special as well: found in text, left out of decoded text.

  // The defaults of the program that `compat` names. Error(kUsage) on a name that is none.
  static TokenizerConfig defaults_of(const std::string& compat);
  // Makes `name` the compat; fields that have the old one's default get the new one's.
  void change_compat(const std::string& name);

  void validate() const;  // Error(kUsage)
  NormalizerOptions normalizer_options() const;
  bool limits_bytes() const { return compat == "keras"; }  // max_word_chars counts bytes.
  bool operator==(const TokenizerConfig&) const = default;
};

void visit_fields(TokenizerConfig& config, FieldList& fields);

// Gives the fields of `config` in `fields` that nobody has set (origin "default") the defaults of config.compat.
void take_compat_defaults(TokenizerConfig& config, const FieldList& fields);

// What a command line says against the settings of a tokenizer folder.
struct TokenizerOverrides {
  std::optional<std::string> compat;  // First: it changes the defaults of the others.
  std::optional<bool> lowercase, strip_accents, split_cjk, clean_text, split;
  std::optional<std::string> suffix_indicator, unknown_token;
  std::optional<std::int64_t> max_word_chars;
  std::vector<std::string> extra_special_tokens;  // Empty: not said.

  void apply_to(TokenizerConfig& config) const;
  bool operator==(const TokenizerOverrides&) const = default;
};

}  // namespace bertforge
