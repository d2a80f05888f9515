#include "bertforge/text/tokenizer_config.h"

#include <set>

#include "bertforge/base/error.h"
#include "bertforge/base/field_list.h"
#include "bertforge/text/unicode.h"
#include "bertforge/text/vocabulary.h"

namespace bertforge {

void TokenizerConfig::validate() const {
  if (strip_accents != "auto" && strip_accents != "true" && strip_accents != "false") {
    fail(ErrorKind::kUsage, "strip_accents is \"", strip_accents, "\"; \"auto\", \"true\" or \"false\" is expected");
  }
  if (max_word_chars < 1) fail(ErrorKind::kUsage, "max_word_chars is ", max_word_chars, "; at least 1 is expected");
  std::set<std::string> names;
  for (const std::string& token : {unknown_token, pad_token, cls_token, sep_token, mask_token}) {
    if (token.empty())
      fail(ErrorKind::kUsage,
           "one of unknown_token, pad_token, cls_token, sep_token and mask_token is empty; each needs a name");
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
          .lowercase = lowercase};
}

void visit_fields(TokenizerConfig& config, FieldList& fields) {
  fields.add("lowercase", config.lowercase, "Make text lower case.");
  fields.add("strip_accents", config.strip_accents, "Remove accents; auto: as lowercase.", {"auto", "true", "false"});
  fields.add("split_cjk", config.split_cjk, "Make every Chinese character a word.");
  fields.add("clean_text", config.clean_text, "Delete control characters and make all white space alike.");
  fields.add("suffix_indicator", config.suffix_indicator, "What pieces that continue a word begin with.");
  fields.add("max_word_chars", config.max_word_chars, "Longer words, in characters, are unknown.", {.min = 1});
  fields.add("unknown_token", config.unknown_token, "The piece for words that no pieces fit.");
  fields.add("pad_token", config.pad_token, "The piece that fills up sequences.");
  fields.add("cls_token", config.cls_token, "The piece that opens an example.");
  fields.add("sep_token", config.sep_token, "The piece that ends a segment.");
  fields.add("mask_token", config.mask_token, "The piece that hides a target.");
}

void TokenizerOverrides::apply_to(TokenizerConfig& config) const {
  if (lowercase) config.lowercase = *lowercase;
  if (strip_accents) config.strip_accents = *strip_accents ? "true" : "false";
  if (split_cjk) config.split_cjk = *split_cjk;
  if (clean_text) config.clean_text = *clean_text;
  if (suffix_indicator) config.suffix_indicator = *suffix_indicator;
  if (unknown_token) config.unknown_token = *unknown_token;
  if (max_word_chars) config.max_word_chars = *max_word_chars;
}

}  // namespace bertforge
