#include "bertforge/text/vocabulary_coverage.h"

#include <set>

#include "alphabet.h"

namespace bertforge {

VocabularyCoverage measure_coverage(const WordCounts& words, const WordPieceTokenizer& tokenizer) {
  VocabularyCoverage coverage;
  std::set<char32_t> dropped;
  const Vocabulary& vocabulary = tokenizer.vocabulary();
  std::vector<TokenId> ids;
  for (const WordCount& entry : words) {
    ids.clear();
    tokenizer.encode(entry.word, ids, SpecialTokensInText::kAreText);
    coverage.num_words += entry.count;
    coverage.num_pieces += entry.count * std::ssize(ids);
    if (ids != std::vector{tokenizer.special_tokens().unknown}) continue;
    coverage.num_unknown_words += entry.count;
    for (const char32_t code : code_points(entry.word)) {
      const std::string piece = to_utf8(code);
      if (!vocabulary.find(piece) && !vocabulary.find(tokenizer.config().suffix_indicator + piece))
        dropped.insert(code);
    }
  }
  coverage.num_dropped_chars = std::ssize(dropped);
  return coverage;
}

}  // namespace bertforge
