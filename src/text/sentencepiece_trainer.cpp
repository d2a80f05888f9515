// Learning a sentencepiece model, unigram or BPE, through the library (vocab --algorithm sentencepiece).
//
// The library wants all its sentences in memory, so it is given a sample of bounded size. Nothing else bounds or sways it: the
// model is a function of the sentences and the options, because the library's number of threads, which its sums depend on,
// stays the same.

#include <sentencepiece_trainer.h>

#include <algorithm>
#include <unordered_map>

#include "alphabet.h"
#include "bertforge/base/error.h"
#include "bertforge/base/log.h"
#include "bertforge/base/progress.h"
#include "bertforge/base/random.h"
#include "bertforge/text/sentencepiece_tokenizer.h"
#include "bertforge/text/unicode.h"
#include "repaired_text.h"
#include "sentencepiece_model.h"
#include "vocabulary_trainers.h"

namespace bertforge {

namespace {

constexpr int kLibraryThreads = 16;
constexpr std::uint64_t kSampleSeed = 42;
constexpr std::int64_t kDefaultMaxTokenLength = 16;
constexpr std::int64_t kLongestToken = 512;  // The library's limit.
constexpr std::int64_t kMaxReportedWords = 1 << 20;

using Options = std::unordered_map<std::string, std::string>;

class Sentences : public sentencepiece::SentenceIterator {
 public:
  explicit Sentences(const std::vector<std::string>& sentences) : sentences_(sentences) {}
  bool done() const override { return next_ == sentences_.size(); }
  void Next() override { ++next_; }
  const std::string& value() const override { return sentences_[next_]; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  const std::vector<std::string>& sentences_;
  std::size_t next_ = 0;
};

// Every sentence has the same chance to be kept (Vitter's algorithm R), which does not depend on threads or runs.
class Sample {
 public:
  explicit Sample(const VocabularyConfig& config) : config_(config) {}

  void add(std::string_view part) {
    if (is_blank(part)) return;
    std::string sentence(RepairedText(part).text());
    if (std::ssize(sentence) > config_.max_sentence_length) {
      ++num_too_long_;
      return;
    }
    const auto place = static_cast<std::uint64_t>(num_seen_++);
    if (std::ssize(sentences_) < config_.input_sentence_size) {
      sentences_.push_back(std::move(sentence));
    } else {
      const auto taken = CounterRandom(kSampleSeed).fork(RandomPurpose::kVocabularySample, place).below(place + 1);
      if (taken < sentences_.size()) sentences_[taken] = std::move(sentence);
    }
  }

  const std::vector<std::string>& sentences() const { return sentences_; }

  void log() const {
    if (num_too_long_ > 0) {
      log_warning(num_too_long_, " sentences are longer than ", config_.max_sentence_length,
                  " bytes and were left out (max_sentence_length)");
    }
    if (num_seen_ > std::ssize(sentences_))
      log_info("learning from ", sentences_.size(), " of ", num_seen_, " sentences (input_sentence_size)");
  }

 private:
  const VocabularyConfig& config_;
  std::vector<std::string> sentences_;
  std::int64_t num_seen_ = 0, num_too_long_ = 0;
};

Sample draw_sample(const TrainingText& text, const VocabularyConfig& config) {
  Sample sample(config);
  ProgressBar bar("reading", text.corpus.num_bytes_total(), "bytes");
  for (Document document; text.corpus.next(document);) {
    for (const std::string& sentence : document.sentences) {
      for_each_part_between(
          sentence, text.marker, [&](std::string_view part) { sample.add(part); }, [] {});
    }
    bar.update(text.corpus.num_bytes_read());
  }
  return sample;
}

// A list as the library reads it: fields between commas, in quotation marks where they need them.
std::string as_csv(const std::vector<std::string>& items) {
  std::string csv;
  for (const std::string& item : items) {
    if (!csv.empty()) csv += ',';
    csv += '"';
    for (const char c : item) csv += c == '"' ? std::string("\"\"") : std::string(1, c);
    csv += '"';
  }
  return csv;
}

// The special tokens get the first ids in the order listed; the library knows four of them by their tasks, and fills the
// other places with the control symbols in order.
void add_special_tokens(Options& options, const VocabularyConfig& config, const TokenizerConfig& tokenizer) {
  const std::pair<const char*, const std::string*> tasks[] = {{"pad", &tokenizer.pad_token},
                                                              {"unk", &tokenizer.unknown_token},
                                                              {"bos", &tokenizer.cls_token},
                                                              {"eos", &tokenizer.sep_token}};
  std::vector<std::string> others = config.special_tokens;
  for (const auto& [task, name] : tasks) {
    const auto place = std::find(config.special_tokens.begin(), config.special_tokens.end(), *name);
    const bool is_there = place != config.special_tokens.end();
    options[std::string(task) + "_id"] = std::to_string(is_there ? place - config.special_tokens.begin() : -1);
    if (is_there) options[std::string(task) + "_piece"] = *name;
    std::erase(others, *name);
  }
  if (!others.empty()) options["control_symbols"] = as_csv(others);
}

bool has_upper_case(const std::string& text) {
  const std::vector<char32_t> codes = code_points(text);
  return std::any_of(codes.begin(), codes.end(),
                     [](char32_t code) { return char_properties(code).lower_case_offset != 0; });
}

// initial_alphabet, and the characters of the special tokens' names that a text can have after normalizing: where each of
// these is a piece, a name in a text costs more than its characters (special_score() in sentencepiece_json.cpp).
std::string required_characters(const VocabularyConfig& config, const TokenizerConfig& tokenizer) {
  std::string characters = config.initial_alphabet;
  for (const std::string& name : config.special_tokens) {
    if (!tokenizer.lowercase || !has_upper_case(name)) characters += name;
  }
  return characters;
}

Options library_options(const VocabularyConfig& config, const TokenizerConfig& tokenizer) {
  const std::int64_t longest = config.max_token_length == 0 ? kDefaultMaxTokenLength : config.max_token_length;
  // The library says what the characters need only where the special tokens have room.
  const std::int64_t vocab_size = std::max(config.vocab_size, std::ssize(config.special_tokens));
  Options options = {{"model_type", config.model_type},
                     {"vocab_size", std::to_string(vocab_size)},
                     {"hard_vocab_limit", "false"},
                     {"character_coverage", concat(config.character_coverage)},
                     {"max_sentencepiece_length", std::to_string(longest)},
                     {"max_sentence_length", std::to_string(config.max_sentence_length)},
                     {"normalization_rule_name", tokenizer.lowercase ? "nmt_nfkc_cf" : "nmt_nfkc"},
                     {"num_threads", std::to_string(kLibraryThreads)},
                     {"minloglevel", "2"}};
  // With BPE a required character that the text has not ends the process, and is not needed.
  if (config.model_type == "unigram") options["required_chars"] = required_characters(config, tokenizer);
  add_special_tokens(options, config, tokenizer);
  return options;
}

void require_unset(bool is_default, std::string_view setting, std::string_view instead) {
  if (is_default) return;
  fail(ErrorKind::kUsage, setting, " does not apply to sentencepiece; ", instead);
}

// What the library says, without the place in its sources: "Internal: trainer_interface.cc(580) [condition] text". Where there
// is no text, the condition that does not hold.
std::string reason(const sentencepiece::util::Status& status) {
  const std::string_view message = status.message();
  const std::size_t begin = message.find('['), end = message.rfind("] ");
  if (begin == std::string_view::npos || end == std::string_view::npos) return std::string(message);
  if (end + 2 < message.size()) return std::string(message.substr(end + 2));
  return concat("its condition ", message.substr(begin + 1, end - begin - 1), " does not hold");
}

[[noreturn]] void fail_as(const sentencepiece::util::Status& status, const VocabularyConfig& config) {
  const std::string why = reason(status);
  const std::size_t versus = why.find(" vs ");
  if (why.find("smaller than required_chars") == std::string::npos || versus == std::string::npos)
    fail(ErrorKind::kInput, "sentencepiece cannot learn from this text: ", why);
  const std::string needed = why.substr(versus + 4, why.find('.', versus) - versus - 4);
  fail(ErrorKind::kUsage, "a vocabulary of ", config.vocab_size,
       " pieces is too small: special tokens and characters are ", needed,
       " pieces; give more, or lower character_coverage");
}

std::string learn_model(const std::vector<std::string>& sentences, const VocabularyConfig& config,
                        const TokenizerConfig& tokenizer) {
  log_info("learning ", config.vocab_size, " pieces from ", sentences.size(), " sentences, by sentencepiece (",
           config.model_type, ")");
  Sentences iterator(sentences);
  std::string model;
  const auto status = sentencepiece::SentencePieceTrainer::Train(library_options(config, tokenizer), &iterator, &model);
  if (!status.ok()) fail_as(status, config);
  round_scores(model);
  return model;
}

// The sample once more, for the report.
class SampleReader : public CorpusReader {
 public:
  explicit SampleReader(const std::vector<std::string>& sentences) : sentences_(sentences) {}

  bool next(Document& document) override {
    constexpr std::size_t kSentencesADocument = 1000;
    const std::size_t end = std::min(next_ + kSentencesADocument, sentences_.size());
    document.sentences.assign(sentences_.begin() + static_cast<std::ptrdiff_t>(next_),
                              sentences_.begin() + static_cast<std::ptrdiff_t>(end));
    next_ = end;
    return !document.sentences.empty();
  }
  std::uint64_t num_bytes_read() const override { return 0; }
  std::uint64_t num_bytes_total() const override { return 0; }
  const InvalidUtf8& invalid_utf8() const override { return invalid_utf8_; }

 private:
  const std::vector<std::string>& sentences_;
  std::size_t next_ = 0;
  InvalidUtf8 invalid_utf8_;
};

}  // namespace

void require_trainable_by_sentencepiece(const VocabularyConfig& config, const TokenizerConfig& tokenizer) {
  const VocabularyConfig learning;
  const TokenizerConfig cutting;
  constexpr std::string_view kNormalizes = "its models normalize by NFKC, with case folding where lowercase is on";
  require_unset(config.min_frequency == learning.min_frequency, "min_frequency", "leave it at 0");
  require_unset(config.memory.empty(), "memory", "input_sentence_size bounds what is in memory");
  require_unset(config.limit_alphabet == learning.limit_alphabet, "limit_alphabet",
                "character_coverage takes its place");
  require_unset(config.initial_alphabet.empty() || config.model_type == "unigram", "initial_alphabet",
                "that is, to its model_type bpe; unigram has it");
  require_unset(tokenizer.compat == cutting.compat, "compat", kNormalizes);
  require_unset(tokenizer.split == cutting.split, "split", "its text is never split before");
  require_unset(tokenizer.extra_special_tokens.empty(), "extra_special_tokens", "list them as special_tokens");
  require_unset(tokenizer.strip_accents == cutting.strip_accents, "strip_accents", kNormalizes);
  require_unset(tokenizer.split_cjk == cutting.split_cjk, "split_cjk", kNormalizes);
  require_unset(tokenizer.clean_text == cutting.clean_text, "clean_text", kNormalizes);
  require_unset(tokenizer.suffix_indicator == cutting.suffix_indicator, "suffix_indicator",
                "its pieces mark the beginnings of words, by ▁");
  require_unset(tokenizer.max_word_chars == cutting.max_word_chars, "max_word_chars", "its words may be of any length");
  if (config.max_token_length > kLongestToken) {
    fail(ErrorKind::kUsage, "max_token_length is ", config.max_token_length, "; sentencepiece has pieces of up to ",
         kLongestToken, " characters");
  }
}

LearnedVocabulary learn_by_sentencepiece(const TrainingText& text, const VocabularyConfig& config,
                                         const TokenizerConfig& tokenizer) {
  const Sample sample = draw_sample(text, config);
  sample.log();
  if (sample.sentences().empty()) {
    fail(ErrorKind::kInput, "there is no sentence to learn a vocabulary from",
         config.sample < 1 ? "; vocab.sample may be too small for this text" : "");
  }
  LearnedVocabulary learned;
  learned.tokenizer = std::make_unique<SentencePieceTokenizer>(learn_model(sample.sentences(), config, tokenizer),
                                                               tokenizer, "the learned model");
  if (learned.tokenizer->vocabulary_size() < config.vocab_size)
    learned.why_smaller = "the text has no more pieces; there are more with a longer max_token_length, or in more text";
  SampleReader reader(sample.sentences());
  learned.coverage =
      measure_coverage(reader, {.num_threads = text.num_threads, .max_words = kMaxReportedWords}, *learned.tokenizer);
  return learned;
}

}  // namespace bertforge
