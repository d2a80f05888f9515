#include <type_traits>

#include "bertforge/base/field_list.h"
#include "bertforge/text/tokenizer_folder.h"
#include "bertforge/text/wordpiece_tokenizer.h"
#include "inspect.h"

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

}  // namespace

void inspect_tokenizer(const InspectOptions& options) {
  const auto tokenizer = load_tokenizer(options.path);
  std::int64_t num_continuing = 0, longest = 0;
  for (TokenId id = 0; id < tokenizer->vocabulary_size(); ++id) {
    num_continuing += tokenizer->continues_word(id);
    longest = std::max<std::int64_t>(longest, std::ssize(tokenizer->piece(id)));
  }
  const SpecialTokens& specials = tokenizer->special_tokens();
  Figures figures = {{"pieces", tokenizer->vocabulary_size()},
                     {"pieces that continue a word", num_continuing},
                     {"bytes of the longest piece", longest},
                     {"fingerprint", tokenizer->fingerprint()},
                     {"special token ids",
                      {{"pad", specials.pad},
                       {"unknown", specials.unknown},
                       {"cls", specials.cls},
                       {"sep", specials.sep},
                       {"mask", specials.mask}}}};
  if (const auto* wordpiece = dynamic_cast<const WordPieceTokenizer*>(tokenizer.get())) {
    figures["settings"] = settings_of(wordpiece->config());
  }
  const Figures warnings = warnings_of(specials);
  if (!warnings.empty()) figures["warnings"] = warnings;
  print_figures(figures, options.as_json);
}

}  // namespace bertforge
