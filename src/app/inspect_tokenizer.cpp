#include <algorithm>
#include <type_traits>

#include "bertforge/base/error.h"
#include "bertforge/base/field_list.h"
#include "bertforge/base/files.h"
#include "bertforge/base/log.h"
#include "bertforge/text/tokenizer_folder.h"
#include "bertforge/text/wordpiece_tokenizer.h"
#include "inspect.h"
#include "vocabulary_figures.h"

namespace bertforge {
namespace {

Figures value_of(const Field& field) {
  return std::visit(
      [](const auto* value) -> Figures {
        if constexpr (std::is_same_v<decltype(value), const Duration*>) {
          return to_string(*value);
        } else {
          return *value;
        }
      },
      field.target);
}

Figures settings_of(TokenizerConfig config) {
  Figures settings = Figures::object();
  FieldList fields;
  visit_fields(config, fields);
  for (const Field& field : fields.fields()) settings[field.path] = value_of(field);
  return settings;
}

Figures warnings_of(const SpecialTokens& specials) {
  Figures warnings = Figures::array();
  const auto note_missing = [&](TokenId id, const char* what) {
    if (id < 0) warnings.push_back(std::string("it has no ") + what + " token, which pre-training needs");
  };
  note_missing(specials.pad, "padding");
  note_missing(specials.cls, "classification ([CLS])");
  note_missing(specials.sep, "separator ([SEP])");
  note_missing(specials.mask, "mask");
  return warnings;
}

VocabularyCoverage coverage_of(const CorpusFiles& text, const Tokenizer& tokenizer) {
  const auto corpus = open_corpus(resolve_corpus_format(text), text.files, text.options);
  const std::string_view marker = text.keep_unk ? std::string_view() : kWikiTextUnknown;
  const VocabularyCoverage coverage = measure_coverage(*corpus, {.marker = marker}, tokenizer);
  warn_of_invalid_utf8(corpus->invalid_utf8());
  return coverage;
}

}  // namespace

void inspect_tokenizer(const InspectOptions& options) {
  const auto tokenizer = load_tokenizer(options.path, options.flags);
  const SpecialTokens& specials = tokenizer->special_tokens();
  Figures figures = contents_figures(vocabulary_contents(*tokenizer));
  figures["fingerprint"] = tokenizer->fingerprint();
  figures["special token ids"] = {{"pad", specials.pad},
                                  {"unknown", specials.unknown},
                                  {"cls", specials.cls},
                                  {"sep", specials.sep},
                                  {"mask", specials.mask}};
  if (const auto* wordpiece = dynamic_cast<const WordPieceTokenizer*>(tokenizer.get())) {
    figures["settings"] = settings_of(wordpiece->config());
  }
  if (!options.text.files.empty()) figures["text"] = coverage_figures(coverage_of(options.text, *tokenizer));
  const Figures warnings = warnings_of(specials);
  if (!warnings.empty()) figures["warnings"] = warnings;
  print_figures(figures, options.as_json);
}

}  // namespace bertforge
