#pragma once
// The settings of a WordPiece tokenizer. They travel in its folder; the defaults are those of bert-base-uncased.

#include <cstdint>
#include <optional>
#include <string>

#include "bertforge/text/normalizer.h"

namespace bertforge {

class FieldList;

struct TokenizerConfig {
  bool lowercase = true;
  std::string strip_accents = "auto";  // "true", "false", or "auto": as lowercase.
  bool split_cjk = true;
  bool clean_text = true;
  std::string suffix_indicator = "##";  // Opens the pieces that continue a word.
  std::int64_t max_word_chars = 100;    // Longer words are unknown. Google's programs have 200.
  std::string unknown_token = "[UNK]";
  std::string pad_token = "[PAD]";
  std::string cls_token = "[CLS]";
  std::string sep_token = "[SEP]";
  std::string mask_token = "[MASK]";

  void validate() const;  // Error(kUsage)
  NormalizerOptions normalizer_options() const;
  bool operator==(const TokenizerConfig&) const = default;
};

void visit_fields(TokenizerConfig& config, FieldList& fields);

// What a command line says against the settings of a tokenizer folder.
struct TokenizerOverrides {
  std::optional<bool> lowercase, strip_accents, split_cjk, clean_text;
  std::optional<std::string> suffix_indicator, unknown_token;
  std::optional<std::int64_t> max_word_chars;

  void apply_to(TokenizerConfig& config) const;
};

}  // namespace bertforge
