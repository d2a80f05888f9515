#include "bertforge/text/vocabulary_config.h"

#include <set>

#include "alphabet.h"
#include "bertforge/base/error.h"
#include "bertforge/base/field_list.h"
#include "bertforge/text/unicode.h"
#include "bertforge/text/vocabulary.h"
#include "bertforge/text/vocabulary_trainer.h"

namespace bertforge {

void VocabularyConfig::validate() const {
  VocabularyConfig copy = *this;
  FieldList fields;
  visit_fields(copy, fields);
  for (const Field& field : fields.fields()) check_field(field, "vocab");
  if (std::set<std::string>(special_tokens.begin(), special_tokens.end()).size() != special_tokens.size()) {
    fail(ErrorKind::kUsage, "vocab.special_tokens (--special-tokens) names a token twice");
  }
  for (const std::string& token : special_tokens) {
    if (!fits_vocab_txt(token)) {
      fail(ErrorKind::kUsage, "special_tokens has \"", trim_end(token.substr(0, token.find('\n'))),
           "\"; a line of vocab.txt holds no empty piece and no white space at its end");
    }
  }
  for (const char32_t code : code_points(initial_alphabet)) {
    if (char_properties(code).is(kSeparator)) {
      fail(ErrorKind::kUsage, "initial_alphabet has white space in it; words never do, and a line of vocab.txt cannot");
    }
  }
}

void visit_fields(VocabularyConfig& config, FieldList& fields) {
  std::string help = "How the vocabulary is learned";
  for (const VocabularyAlgorithm& entry : vocabulary_algorithms()) help += concat("; ", entry.name, ": ", entry.help);
  fields.add("algorithm", config.algorithm, help + ".", vocabulary_algorithm_names());
  fields.add("vocab_size", config.vocab_size, "Pieces to learn, special tokens included.", {.min = 1});
  fields.add("min_frequency", config.min_frequency,
             "What occurs less often is not learned; 0: 2 with pairs, 10 with tf-text.", {.min = 0});
  fields.add("limit_alphabet", config.limit_alphabet, "Different characters kept, the most frequent ones.", {.min = 1});
  fields.add("max_token_length", config.max_token_length, "Longest piece in characters; 0: no limit, 50 with tf-text.",
             {.min = 0});
  fields.add("initial_alphabet", config.initial_alphabet, "Characters kept whatever the corpus holds.");
  fields.add("special_tokens", config.special_tokens, "The pieces that come first, in order.");
}

}  // namespace bertforge
