#include "bertforge/text/vocabulary_coverage.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_set>

#include "alphabet.h"
#include "bertforge/text/unicode.h"
#include "bertforge/text/wordpiece_tokenizer.h"
#include "sentencepiece_model.h"

namespace bertforge {

namespace {

constexpr std::size_t kNumLongest = 10, kNumDropped = 20;

// The characters a piece stands for.
std::string_view characters_of(const Tokenizer& tokenizer, TokenId id) {
  std::string_view text = tokenizer.piece(id);
  const auto* wordpiece = dynamic_cast<const WordPieceTokenizer*>(&tokenizer);
  if (wordpiece != nullptr && tokenizer.continues_word(id))
    text.remove_prefix(wordpiece->config().suffix_indicator.size());
  if (wordpiece == nullptr && text.starts_with(kSpaceMark)) text.remove_prefix(kSpaceMark.size());
  return text;
}

// A flag for every piece. Unused pieces count as special ones: they are there to be given a meaning.
std::vector<bool> special_pieces(const Tokenizer& tokenizer) {
  std::vector<bool> is_special(static_cast<std::size_t>(tokenizer.vocabulary_size()));
  for (TokenId id = 0; id < tokenizer.vocabulary_size(); ++id) {
    is_special[static_cast<std::size_t>(id)] = tokenizer.is_special(id) || tokenizer.piece(id).starts_with("[unused");
  }
  return is_special;
}

std::vector<bool> single_char_pieces(const Tokenizer& tokenizer) {
  std::vector<bool> is_single(static_cast<std::size_t>(tokenizer.vocabulary_size()));
  for (TokenId id = 0; id < tokenizer.vocabulary_size(); ++id) {
    is_single[static_cast<std::size_t>(id)] = count_code_points(characters_of(tokenizer, id)) == 1;
  }
  return is_single;
}

// Counts the characters of unknown words that no piece consists of.
class DroppedCharacters {
 public:
  explicit DroppedCharacters(const Tokenizer& tokenizer) {
    for (TokenId id = 0; id < tokenizer.vocabulary_size(); ++id) known_.emplace(characters_of(tokenizer, id));
  }

  void add(std::string_view word, std::int64_t count) {
    for (const char32_t code : code_points(word)) {
      if (!known_.contains(to_utf8(code))) counts_[code] += count;
    }
  }

  void report(VocabularyCoverage& coverage) const {
    coverage.num_dropped_chars = std::ssize(counts_);
    std::vector<std::pair<char32_t, std::int64_t>> by_count(counts_.begin(), counts_.end());
    std::stable_sort(by_count.begin(), by_count.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    by_count.resize(std::min(by_count.size(), kNumDropped));
    for (const auto& [code, count] : by_count) coverage.dropped_chars.push_back(to_utf8(code));
  }

 private:
  std::unordered_set<std::string> known_;
  std::map<char32_t, std::int64_t> counts_;
};

// Words of a tokenizer that has none of its own.
TokenizerConfig plain_words() {
  TokenizerConfig config;
  config.lowercase = config.split_cjk = config.clean_text = false;
  return config;
}

}  // namespace

VocabularyContents vocabulary_contents(const Tokenizer& tokenizer) {
  VocabularyContents contents;
  contents.num_pieces = tokenizer.vocabulary_size();
  const std::vector<bool> is_single = single_char_pieces(tokenizer), is_special = special_pieces(tokenizer);
  contents.num_single_char = std::count(is_single.begin(), is_single.end(), true);
  std::vector<TokenId> ids;
  for (TokenId id = 0; id < tokenizer.vocabulary_size(); ++id) {
    contents.num_continuing += tokenizer.continues_word(id);
    if (!is_special[static_cast<std::size_t>(id)]) ids.push_back(id);
  }
  const auto length = [&](TokenId id) { return count_code_points(characters_of(tokenizer, id)); };
  const auto middle = ids.begin() + static_cast<std::ptrdiff_t>(std::min(ids.size(), kNumLongest));
  std::partial_sort(ids.begin(), middle, ids.end(),
                    [&](TokenId a, TokenId b) { return length(a) != length(b) ? length(a) > length(b) : a < b; });
  for (auto id = ids.begin(); id != middle; ++id) contents.longest.push_back(tokenizer.piece(*id));
  return contents;
}

VocabularyCoverage measure_coverage(const WordCounts& words, const Tokenizer& tokenizer) {
  VocabularyCoverage coverage;
  DroppedCharacters dropped(tokenizer);
  const std::vector<bool> is_single = single_char_pieces(tokenizer);
  std::vector<bool> is_used = special_pieces(tokenizer);
  std::vector<TokenId> ids;
  for (const WordCount& entry : words) {
    ids.clear();
    tokenizer.encode(entry.word, ids, SpecialTokensInText::kAreText);
    coverage.num_words += entry.count;
    coverage.num_pieces += entry.count * std::ssize(ids);
    for (const TokenId id : ids) {
      is_used[static_cast<std::size_t>(id)] = true;
      if (is_single[static_cast<std::size_t>(id)]) coverage.num_single_char_pieces += entry.count;
    }
    if (std::find(ids.begin(), ids.end(), tokenizer.special_tokens().unknown) == ids.end()) continue;
    coverage.num_unknown_words += entry.count;
    dropped.add(entry.word, entry.count);
  }
  coverage.num_unused_pieces = std::count(is_used.begin(), is_used.end(), false);
  dropped.report(coverage);
  return coverage;
}

VocabularyCoverage measure_coverage(CorpusReader& corpus, const CountingOptions& options, const Tokenizer& tokenizer) {
  const auto* wordpiece = dynamic_cast<const WordPieceTokenizer*>(&tokenizer);
  const TokenizerConfig config = wordpiece != nullptr ? wordpiece->config() : plain_words();
  CountingOptions counting = options;
  if (wordpiece != nullptr) counting.max_chars = config.max_word_chars;  // Longer words are one unknown piece.
  return measure_coverage(count_words(corpus, config, counting).words, tokenizer);
}

}  // namespace bertforge
