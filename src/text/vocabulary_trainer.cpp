#include "bertforge/text/vocabulary_trainer.h"

#include <algorithm>

#include "bertforge/base/error.h"
#include "bertforge/base/field_list.h"
#include "bertforge/base/log.h"
#include "bertforge/text/wordpiece_tokenizer.h"
#include "sampled_corpus.h"
#include "vocabulary_trainers.h"

namespace bertforge {

namespace {

constexpr VocabularyAlgorithm kAlgorithms[] = {
    {"pairs", "joins the most frequent pair of neighbouring pieces, as Hugging Face's trainer does", learn_by_pairs},
    {"tf-text", "takes the most frequent substrings, as TensorFlow Text and Keras do", learn_by_tf_text},
    {"sentencepiece", "takes pieces that may reach over words, for text without spaces between them",
     learn_by_sentencepiece},
};

using Names = std::vector<std::string>;

bool has(const Names& names, const std::string& name) { return std::ranges::find(names, name) != names.end(); }

bool lists_special_tokens(const VocabularyConfig& config) {
  return config.special_tokens != VocabularyConfig().special_tokens;
}

Names special_tokens_of(const TokenizerConfig& tokenizer) {
  return {tokenizer.pad_token, tokenizer.unknown_token, tokenizer.cls_token, tokenizer.sep_token, tokenizer.mask_token};
}

// The special tokens are called as the tokenizer calls them, unless the user lists others; behind them come the tokenizer's
// extra ones that have no row yet. Unused pieces are among them.
VocabularyConfig with_reserved_pieces(VocabularyConfig config, const TokenizerConfig& tokenizer) {
  if (!lists_special_tokens(config)) config.special_tokens = special_tokens_of(tokenizer);
  const Names reserved = config.reserved_pieces();
  for (const std::string& token : tokenizer.extra_special_tokens) {
    if (!has(reserved, token)) config.special_tokens.push_back(token);
  }
  config.special_tokens = config.reserved_pieces();
  config.num_unused = 0;
  config.validate();  // A token may be called as an unused piece is.
  return config;
}

// What the user lists is special to the tokenizer too.
TokenizerConfig with_listed_special_tokens(TokenizerConfig tokenizer, const VocabularyConfig& config) {
  if (!lists_special_tokens(config)) return tokenizer;
  const Names known = special_tokens_of(tokenizer);
  for (const std::string& token : config.special_tokens) {
    if (!has(known, token) && !has(tokenizer.extra_special_tokens, token))
      tokenizer.extra_special_tokens.push_back(token);
  }
  return tokenizer;
}

// Error(kUsage) where a setting of sentencepiece would change nothing.
void require_no_settings_of_sentencepiece(const VocabularyConfig& config) {
  const VocabularyConfig defaults;
  const auto refuse_if = [&](bool is_set, std::string_view name) {
    if (is_set)
      fail(ErrorKind::kUsage, name, " is a setting of algorithm sentencepiece, and this is ", config.algorithm);
  };
  refuse_if(config.model_type != defaults.model_type, "model_type");
  refuse_if(config.character_coverage != defaults.character_coverage, "character_coverage");
  refuse_if(config.max_sentence_length != defaults.max_sentence_length, "max_sentence_length");
  refuse_if(config.input_sentence_size != defaults.input_sentence_size, "input_sentence_size");
}

// Without it "un" that begins a word and "un" within one would be the same piece.
void require_suffix_indicator(const TokenizerConfig& tokenizer) {
  if (!tokenizer.suffix_indicator.empty()) return;
  fail(
      ErrorKind::kUsage,
      "suffix_indicator (--suffix-indicator) is empty; pieces that continue a word need one to be told from those that "
      "begin one: \"##\" is BERT's");
}

void require_unknown_token(const VocabularyConfig& config, const TokenizerConfig& tokenizer) {
  if (has(config.special_tokens, tokenizer.unknown_token)) return;
  fail(ErrorKind::kUsage, "special_tokens lacks ", tokenizer.unknown_token,
       ", the token of unknown words; add it, or name another unknown_token");
}

}  // namespace

std::span<const VocabularyAlgorithm> vocabulary_algorithms() { return kAlgorithms; }

std::vector<std::string> vocabulary_algorithm_names() {
  std::vector<std::string> names;
  for (const VocabularyAlgorithm& entry : kAlgorithms) names.emplace_back(entry.name);
  return names;
}

const VocabularyAlgorithm& find_vocabulary_algorithm(std::string_view name) {
  for (const VocabularyAlgorithm& entry : kAlgorithms) {
    if (entry.name == name) return entry;
  }
  fail(ErrorKind::kUsage, "there is no vocabulary algorithm \"", name, "\"; ",
       allowed_names(name, vocabulary_algorithm_names()));
}

void require_trainable(const VocabularyConfig& config, const TokenizerConfig& tokenizer) {
  config.validate();
  tokenizer.validate();
  if (config.algorithm == "sentencepiece") {
    require_trainable_by_sentencepiece(config, tokenizer);
  } else {
    require_no_settings_of_sentencepiece(config);
    require_suffix_indicator(tokenizer);
  }
  require_unknown_token(with_reserved_pieces(config, tokenizer), tokenizer);
}

LearnedVocabulary train_vocabulary(const TrainingText& text, const VocabularyConfig& config,
                                   const TokenizerConfig& tokenizer) {
  require_trainable(config, tokenizer);
  SampledCorpus sample(text.corpus, config.sample);
  const TrainingText sampled = {config.sample < 1 ? sample : text.corpus, text.marker, text.num_threads};
  // The control pieces of sentencepiece are special without being named.
  const bool names_them = config.algorithm != "sentencepiece";
  return find_vocabulary_algorithm(config.algorithm)
      .learn(sampled, with_reserved_pieces(config, tokenizer),
             names_them ? with_listed_special_tokens(tokenizer, config) : tokenizer);
}

WordCounts count_training_words(const TrainingText& text, const VocabularyConfig& config,
                                const TokenizerConfig& tokenizer) {
  CountedWords counted =
      count_words(text.corpus, tokenizer,
                  {.marker = text.marker,
                   .num_threads = text.num_threads,
                   .max_chars = std::max({tokenizer.max_word_chars, config.max_token_length, kTfTextMaxTokenLength}),
                   .max_words = config.max_words()});
  if (counted.words.empty()) {
    fail(ErrorKind::kInput, "there is no word to learn a vocabulary from",
         config.sample < 1 ? "; vocab.sample may be too small for this text" : "");
  }
  if (counted.num_forgotten > 0) {
    log_warning("vocab.memory: ", counted.num_forgotten, " occurrences of rare words were forgotten, at most ",
                counted.max_error, " of one word");
  }
  log_info("learning ", config.vocab_size, " pieces from ", counted.words.size(), " different words");
  return std::move(counted.words);
}

LearnedVocabulary wordpiece_vocabulary(std::vector<std::string> pieces, const TokenizerConfig& tokenizer,
                                       const WordCounts& words) {
  constexpr const char* kOrigin = "the learned vocabulary";
  auto learned = std::make_unique<WordPieceTokenizer>(Vocabulary(std::move(pieces), kOrigin), tokenizer, kOrigin);
  const VocabularyCoverage coverage = measure_coverage(words, *learned);
  return {std::move(learned), coverage};
}

}  // namespace bertforge
