#include "bertforge/text/wordpiece_trainer.h"

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>

#include "alphabet.h"
#include "bertforge/base/error.h"
#include "bertforge/base/field_list.h"
#include "bertforge/text/unicode.h"
#include "pair_merger.h"

namespace bertforge {

namespace {

// The pieces so far, each once.
class PieceList {
 public:
  PieceIndex add(const std::string& piece) {
    const auto [entry, is_new] = index_.try_emplace(piece, static_cast<PieceIndex>(pieces_.size()));
    if (is_new) pieces_.push_back(piece);
    return entry->second;
  }

  std::optional<PieceIndex> find(const std::string& piece) const {
    const auto entry = index_.find(piece);
    return entry == index_.end() ? std::nullopt : std::optional(entry->second);
  }

  const std::vector<std::string>& pieces() const { return pieces_; }
  std::int64_t size() const { return static_cast<std::int64_t>(pieces_.size()); }

 private:
  std::vector<std::string> pieces_;
  std::unordered_map<std::string, PieceIndex> index_;
};

std::string to_utf8(char32_t code) {
  std::string text;
  append_utf8(text, code);
  return text;
}

class Trainer {
 public:
  Trainer(const WordPieceTrainerConfig& config, const TokenizerConfig& tokenizer)
      : config_(config), suffix_indicator_(tokenizer.suffix_indicator), max_word_chars_(tokenizer.max_word_chars) {}

  std::vector<std::string> train(const WordCounts& words) {
    for (const std::string& token : config_.special_tokens) list_.add(token);
    const std::vector<std::pair<std::vector<char32_t>, std::int64_t>> usable = add_alphabet(words);
    PairMerger merger(list_.pieces(), [this](const PiecePair& pair) { return may_join(pair); });
    for (const auto& [codes, count] : usable) merger.add_word(first_pieces(codes), count);
    PiecePair pair;
    while (list_.size() < config_.vocab_size &&
           merger.find_best_pair(std::max<std::int64_t>(config_.min_frequency, 1), pair)) {
      merger.join(pair, list_.add(joined(pair)));
    }
    return list_.pieces();
  }

 private:
  // Adds the alphabet, plain and as continuation (of those that continue a word somewhere), and returns the words that it
  // can write.
  std::vector<std::pair<std::vector<char32_t>, std::int64_t>> add_alphabet(const WordCounts& words) {
    const std::vector<char32_t> alphabet = choose_alphabet(words, config_);
    std::vector<std::pair<std::vector<char32_t>, std::int64_t>> usable;
    std::set<char32_t> continuing;
    for (const WordCount& entry : words) {
      std::vector<char32_t> codes = code_points(entry.word);
      const bool is_known = std::all_of(codes.begin(), codes.end(), [&](char32_t code) {
        return std::binary_search(alphabet.begin(), alphabet.end(), code);
      });
      if (!is_known || codes.empty() || std::ssize(codes) > max_word_chars_) continue;
      continuing.insert(codes.begin() + 1, codes.end());
      usable.emplace_back(std::move(codes), entry.count);
    }
    for (const char32_t code : alphabet) list_.add(to_utf8(code));
    for (const char32_t code : continuing) list_.add(suffix_indicator_ + to_utf8(code));
    if (list_.size() > config_.vocab_size) {
      fail(ErrorKind::kUsage, "a vocabulary of ", config_.vocab_size, " pieces is too small: special tokens and ",
           alphabet.size(), " characters alone need ", list_.size(),
           "; choose at least that many, or a smaller limit_alphabet");
    }
    return usable;
  }

  std::vector<PieceIndex> first_pieces(const std::vector<char32_t>& codes) const {
    std::vector<PieceIndex> pieces;
    for (const char32_t code : codes) {
      const std::string piece = (pieces.empty() ? "" : suffix_indicator_) + to_utf8(code);
      pieces.push_back(list_.find(piece).value());
    }
    return pieces;
  }

  // "a" and "##b" give "ab"; "##a" and "##b" give "##ab". What stands on the right always continues a word.
  std::string joined(const PiecePair& pair) const {
    return list_.pieces()[pair.left] + list_.pieces()[pair.right].substr(suffix_indicator_.size());
  }

  bool may_join(const PiecePair& pair) const {
    if (config_.max_token_length == 0) return true;
    const std::string piece = joined(pair);
    const std::string_view text = piece;
    const bool continues = list_.pieces()[pair.left].starts_with(suffix_indicator_);
    return static_cast<std::int64_t>(count_code_points(text.substr(continues ? suffix_indicator_.size() : 0))) <=
           config_.max_token_length;
  }

  const WordPieceTrainerConfig& config_;
  const std::string suffix_indicator_;
  const std::int64_t max_word_chars_;
  PieceList list_;
};

}  // namespace

void WordPieceTrainerConfig::validate() const {
  if (vocab_size < 1) fail(ErrorKind::kUsage, "vocab_size is ", vocab_size, "; at least 1 is expected");
  if (min_frequency < 0) fail(ErrorKind::kUsage, "min_frequency is ", min_frequency, "; at least 0 is expected");
  if (limit_alphabet < 1) fail(ErrorKind::kUsage, "limit_alphabet is ", limit_alphabet, "; at least 1 is expected");
  if (max_token_length < 0)
    fail(ErrorKind::kUsage, "max_token_length is ", max_token_length, "; 0 or more is expected");
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

void visit_fields(WordPieceTrainerConfig& config, FieldList& fields) {
  fields.add("vocab_size", config.vocab_size, "Pieces to learn, special tokens included.", {.min = 1});
  fields.add("min_frequency", config.min_frequency, "Pairs that occur less often are not joined.", {.min = 0});
  fields.add("limit_alphabet", config.limit_alphabet, "Different characters kept, the most frequent ones.", {.min = 1});
  fields.add("max_token_length", config.max_token_length, "Longest piece in characters; 0: no limit.", {.min = 0});
  fields.add("initial_alphabet", config.initial_alphabet, "Characters kept whatever the corpus holds.");
  fields.add("special_tokens", config.special_tokens, "The pieces that come first, in order.");
}

std::vector<std::string> train_wordpiece(const WordCounts& words, const WordPieceTrainerConfig& config,
                                         const TokenizerConfig& tokenizer) {
  config.validate();
  if (words.empty()) fail(ErrorKind::kInput, "there is no word to learn a vocabulary from");
  return Trainer(config, tokenizer).train(words);
}

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
