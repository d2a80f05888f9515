#include "bertforge/text/literal_specials.h"

#include "bertforge/text/corpus_reader.h"
#include "special_matches.h"

namespace bertforge {

LiteralSpecials::LiteralSpecials(const Tokenizer& tokenizer) {
  for (TokenId id = 0; id < tokenizer.vocabulary_size(); ++id) {
    const std::string& piece = tokenizer.piece(id);
    if (tokenizer.is_special(id) && !piece.empty() && piece != kWikiTextUnknown) names_.push_back(piece);
  }
}

std::int64_t LiteralSpecials::count(std::string_view text) const {
  std::vector<SpecialName> names;
  for (const std::string& name : names_) {
    if (text.find(name) != std::string_view::npos) names.push_back({name, 0});
  }
  return names.empty() ? 0 : std::ssize(find_special_names(text, names));
}

}  // namespace bertforge
