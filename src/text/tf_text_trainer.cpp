#include "bertforge/text/tf_text_trainer.h"

#include <algorithm>
#include <set>
#include <unordered_set>

#include "alphabet.h"
#include "bertforge/base/error.h"
#include "bertforge/base/progress.h"
#include "bertforge/text/unicode.h"
#include "suffix_table.h"
#include "vocabulary_trainers.h"

namespace bertforge {

namespace {

// What Keras leaves as it is in TensorFlow Text's learner.
constexpr std::int64_t kDefaultMinFrequency = 10;
constexpr std::int64_t kMaxThreshold = 10'000'000;
constexpr std::size_t kMaxWords = 5'000'000;
constexpr int kIterations = 4;
constexpr double kSlackRatio = 0.05;

std::int64_t value_or(std::int64_t value, std::int64_t default_value) { return value == 0 ? default_value : value; }

// Whether the search may end with so many pieces.
bool is_near(std::int64_t size, std::int64_t vocab_size) {
  return size <= vocab_size && static_cast<double>(vocab_size - size) <= kSlackRatio * static_cast<double>(vocab_size);
}

// The words that are learned from, and the characters they consist of.
struct LearnerInput {
  std::vector<std::string_view> words;
  std::vector<std::int64_t> counts;
  std::vector<char32_t> alphabet;             // Sorted; those of initial_alphabet too, which no word need have.
  std::int64_t min_count = 0, max_count = 0;  // Over the words that are left out too.
};

// Neither too long nor special tokens; the most frequent first, so that a limit on their number leaves out rare ones.
WordCounts usable_words(const WordCounts& words, const VocabularyConfig& config) {
  const auto max_length = static_cast<std::size_t>(value_or(config.max_token_length, kTfTextMaxTokenLength));
  const std::set<std::string> specials(config.special_tokens.begin(), config.special_tokens.end());
  WordCounts usable;
  for (const WordCount& entry : words) {
    if (count_code_points(entry.word) <= max_length && !specials.contains(entry.word)) usable.push_back(entry);
  }
  std::stable_sort(usable.begin(), usable.end(),
                   [](const WordCount& a, const WordCount& b) { return a.count > b.count; });
  return usable;
}

LearnerInput learner_input(const WordCounts& usable, const VocabularyConfig& config) {
  LearnerInput input;
  const std::vector<char32_t> alphabet = choose_alphabet(usable, config);
  const std::vector<char32_t> initial = code_points(config.initial_alphabet);
  std::set<char32_t> used(initial.begin(), initial.end());
  for (const WordCount& entry : usable) {
    const std::vector<char32_t> codes = code_points(entry.word);
    const bool is_known = std::all_of(codes.begin(), codes.end(), [&](char32_t code) {
      return std::binary_search(alphabet.begin(), alphabet.end(), code);
    });
    if (!is_known) continue;
    if (input.words.size() == kMaxWords) break;
    used.insert(codes.begin(), codes.end());
    input.words.push_back(entry.word);
    input.counts.push_back(entry.count);
  }
  input.alphabet.assign(used.begin(), used.end());
  return input;
}

class Learner {
 public:
  Learner(const LearnerInput& input, const VocabularyConfig& config, const TokenizerConfig& tokenizer)
      : input_(input), config_(config), suffix_indicator_(tokenizer.suffix_indicator), table_(input.words) {}

  std::vector<std::string> learn() {
    std::int64_t lower = std::max(input_.min_count, value_or(config_.min_frequency, kDefaultMinFrequency));
    std::int64_t upper = std::min(input_.max_count, kMaxThreshold);
    ProgressBar progress("learning pieces", 0, "thresholds");
    for (std::uint64_t num_tried = 1;; ++num_tried) {
      const std::int64_t threshold = (upper + lower) / 2;
      std::vector<std::string> pieces = pieces_at(threshold);
      progress.update(num_tried);
      if (is_near(std::ssize(pieces), config_.vocab_size) || lower >= upper || threshold <= 1) {
        pieces.resize(std::min(pieces.size(), static_cast<std::size_t>(config_.vocab_size)));
        return pieces;
      }
      if (std::ssize(pieces) > config_.vocab_size) {
        lower = threshold + 1;
      } else {
        upper = threshold - 1;
      }
    }
  }

 private:
  // Where a piece may begin in a word, which is at its beginning and behind every piece of its segmentation by what was kept
  // before (at first: behind every character), the rest of the word counts. tf-text counts all beginnings of the rest as well,
  // but then subtracts what it counts of a text from all beginnings of that: what remains is the same.
  void count_suffixes(bool at_every_character) {
    counts_.assign(table_.suffixes().size(), 0);
    for (std::size_t word = 0; word < table_.num_words(); ++word) {
      const SuffixTable::Index* suffix = table_.of_word(word);
      for (std::size_t start = 0; start < table_.word_size(word);) {
        counts_[suffix[start]] += input_.counts[word];
        start += at_every_character ? 1 : longest_kept_prefix(suffix[start]);
      }
    }
  }

  // In characters. Single characters are always kept.
  std::size_t longest_kept_prefix(SuffixTable::Index suffix) const {
    for (; suffix != SuffixTable::kNone; suffix = table_.suffixes()[suffix].prefix) {
      if (is_kept_[suffix]) return table_.suffixes()[suffix].num_chars;
    }
    return 1;
  }

  std::vector<std::string> pieces_at(std::int64_t threshold) {
    for (int iteration = 0; iteration < kIterations; ++iteration) {
      count_suffixes(iteration == 0);
      is_kept_.assign(counts_.size(), false);
      for (std::size_t i = 0; i < counts_.size(); ++i) is_kept_[i] = counts_[i] >= threshold;
    }
    WordCounts kept;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (!is_kept_[i]) continue;
      const bool continues = table_.continues_word(static_cast<SuffixTable::Index>(i));
      kept.push_back({concat(continues ? suffix_indicator_ : std::string(), table_.suffixes()[i].text), counts_[i]});
    }
    return in_order(std::move(kept));
  }

  // Special tokens, characters, then pieces by their counts, each where it comes first. All characters may continue a word,
  // those too that never do.
  std::vector<std::string> in_order(WordCounts kept) const {
    for (const char32_t code : input_.alphabet) kept.push_back({suffix_indicator_ + to_utf8(code), 1});
    std::sort(kept.begin(), kept.end(), [](const WordCount& a, const WordCount& b) {
      return a.count != b.count ? a.count > b.count : a.word < b.word;
    });
    std::vector<std::string> pieces = config_.special_tokens;
    for (const char32_t code : input_.alphabet) pieces.push_back(to_utf8(code));
    for (WordCount& entry : kept) pieces.push_back(std::move(entry.word));
    std::unordered_set<std::string> seen;
    std::erase_if(pieces, [&](const std::string& piece) { return !seen.insert(piece).second; });
    return pieces;
  }

  const LearnerInput& input_;
  const VocabularyConfig& config_;
  const std::string suffix_indicator_;
  const SuffixTable table_;
  std::vector<std::int64_t> counts_;  // Of the table's suffixes, where they stand in words now.
  std::vector<bool> is_kept_;
};

void require_room(const LearnerInput& input, const VocabularyConfig& config) {
  const std::int64_t needed = std::ssize(config.special_tokens) + std::ssize(input.alphabet);
  if (needed <= config.vocab_size) return;
  fail(ErrorKind::kUsage, "a vocabulary of ", config.vocab_size, " pieces is too small: special tokens and ",
       input.alphabet.size(), " characters alone need ", needed,
       "; choose at least that many, or a smaller limit_alphabet");
}

}  // namespace

std::vector<std::string> train_tf_text(const WordCounts& words, const VocabularyConfig& config,
                                       const TokenizerConfig& tokenizer) {
  config.validate();
  const WordCounts usable = usable_words(words, config);
  LearnerInput input = learner_input(usable, config);
  if (input.words.empty()) fail(ErrorKind::kInput, "there is no word to learn a vocabulary from");
  require_room(input, config);
  const auto [rarest, commonest] = std::minmax_element(
      words.begin(), words.end(), [](const WordCount& a, const WordCount& b) { return a.count < b.count; });
  input.min_count = rarest->count;
  input.max_count = commonest->count;
  return Learner(input, config, tokenizer).learn();
}

LearnedVocabulary learn_by_tf_text(const TrainingText& text, const VocabularyConfig& config,
                                   const TokenizerConfig& tokenizer) {
  const WordCounts words = count_training_words(text, config, tokenizer);
  LearnedVocabulary learned = wordpiece_vocabulary(train_tf_text(words, config, tokenizer), tokenizer, words);
  const std::int64_t size = learned.tokenizer->vocabulary_size();
  if (is_near(size, config.vocab_size)) {
    learned.why_smaller = "tf-text takes the first threshold that gives 95 % of the size or more";
  } else {
    learned.why_smaller = concat("no threshold from ", value_or(config.min_frequency, kDefaultMinFrequency),
                                 " occurrences on (min_frequency) gives a size that is nearer");
  }
  if (size == config.vocab_size) learned.why_smaller.clear();
  return learned;
}

}  // namespace bertforge
