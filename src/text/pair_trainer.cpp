#include "bertforge/text/pair_trainer.h"

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>

#include "alphabet.h"
#include "bertforge/base/error.h"
#include "bertforge/base/heap.h"
#include "bertforge/text/unicode.h"
#include "pair_merger.h"
#include "vocabulary_trainers.h"

namespace bertforge {

namespace {

constexpr std::int64_t kDefaultMinFrequency = 2;  // That of BertWordPieceTokenizer.train.

std::int64_t min_frequency_of(const VocabularyConfig& config) {
  return config.min_frequency == 0 ? kDefaultMinFrequency : config.min_frequency;
}

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

class Trainer {
 public:
  Trainer(const VocabularyConfig& config, const TokenizerConfig& tokenizer)
      : config_(config),
        suffix_indicator_(tokenizer.suffix_indicator),
        max_word_chars_(tokenizer.max_word_chars),
        limits_bytes_(tokenizer.limits_bytes()) {}

  std::vector<std::string> train(const WordCounts& words) {
    for (const std::string& token : config_.special_tokens) list_.add(token);
    const std::vector<const WordCount*> usable = add_alphabet(words);
    PairMerger merger(list_.pieces(), [this](const PiecePair& pair) { return may_join(pair); });
    for (const WordCount* entry : usable) merger.add_word(first_pieces(entry->word), entry->count);
    PiecePair pair;
    while (list_.size() < config_.vocab_size && merger.find_best_pair(min_frequency_of(config_), pair)) {
      merger.join(pair, list_.add(joined(pair)));
    }
    return list_.pieces();
  }

 private:
  // Longer than the tokenizer looks words up: unknown to it.
  bool is_too_long(std::string_view word, const std::vector<char32_t>& codes) const {
    return (limits_bytes_ ? std::ssize(word) : std::ssize(codes)) > max_word_chars_;
  }

  // Adds the alphabet, plain and as continuation (of those that continue a word somewhere), and returns the words that it
  // can write.
  std::vector<const WordCount*> add_alphabet(const WordCounts& words) {
    const std::vector<char32_t> alphabet = choose_alphabet(words, config_);
    std::vector<const WordCount*> usable;
    std::set<char32_t> continuing;
    for (const WordCount& entry : words) {
      const std::vector<char32_t> codes = code_points(entry.word);
      const bool is_known = std::all_of(codes.begin(), codes.end(), [&](char32_t code) {
        return std::binary_search(alphabet.begin(), alphabet.end(), code);
      });
      if (!is_known || codes.empty() || is_too_long(entry.word, codes)) continue;
      continuing.insert(codes.begin() + 1, codes.end());
      usable.push_back(&entry);
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

  std::vector<PieceIndex> first_pieces(std::string_view word) const {
    std::vector<PieceIndex> pieces;
    for (const char32_t code : code_points(word)) {
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

  const VocabularyConfig& config_;
  const std::string suffix_indicator_;
  const std::int64_t max_word_chars_;
  const bool limits_bytes_;
  PieceList list_;
};

}  // namespace

std::vector<std::string> train_pairs(const WordCounts& words, const VocabularyConfig& config,
                                     const TokenizerConfig& tokenizer) {
  config.validate();
  if (words.empty()) fail(ErrorKind::kInput, "there is no word to learn a vocabulary from");
  std::vector<std::string> pieces = Trainer(config, tokenizer).train(words);
  give_back_memory();
  return pieces;
}

LearnedVocabulary learn_by_pairs(const TrainingText& text, const VocabularyConfig& config,
                                 const TokenizerConfig& tokenizer) {
  const WordCounts words = count_training_words(text, config, tokenizer);
  LearnedVocabulary learned = wordpiece_vocabulary(train_pairs(words, config, tokenizer), tokenizer, words);
  if (learned.tokenizer->vocabulary_size() < config.vocab_size) {
    learned.why_smaller = concat("no pair of pieces ", config.max_token_length > 0 ? "within max_token_length " : "",
                                 "is left that occurs ", min_frequency_of(config), " times (min_frequency)");
  }
  return learned;
}

}  // namespace bertforge
