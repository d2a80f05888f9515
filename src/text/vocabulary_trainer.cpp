#include "bertforge/text/vocabulary_trainer.h"

#include <algorithm>

#include "bertforge/base/error.h"
#include "bertforge/base/field_list.h"
#include "vocabulary_trainers.h"

namespace bertforge {

namespace {

constexpr VocabularyAlgorithm kAlgorithms[] = {
    {"pairs", "joins the most frequent pair of neighbouring pieces, as Hugging Face's trainer does", learn_by_pairs},
    {"tf-text", "takes the most frequent substrings, as TensorFlow Text and Keras do", learn_by_tf_text},
};

// The special tokens are called as the tokenizer calls them, unless the user lists others.
VocabularyConfig with_names_of(VocabularyConfig config, const TokenizerConfig& tokenizer) {
  if (config.special_tokens == VocabularyConfig().special_tokens) {
    config.special_tokens = {tokenizer.pad_token, tokenizer.unknown_token, tokenizer.cls_token, tokenizer.sep_token,
                             tokenizer.mask_token};
  }
  return config;
}

void require_unknown_token(const VocabularyConfig& config, const TokenizerConfig& tokenizer) {
  const auto& names = config.special_tokens;
  if (std::find(names.begin(), names.end(), tokenizer.unknown_token) != names.end()) return;
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
  require_unknown_token(with_names_of(config, tokenizer), tokenizer);
}

LearnedVocabulary train_vocabulary(const TrainingText& text, const VocabularyConfig& config,
                                   const TokenizerConfig& tokenizer) {
  require_trainable(config, tokenizer);
  return find_vocabulary_algorithm(config.algorithm).learn(text, with_names_of(config, tokenizer), tokenizer);
}

LearnedVocabulary wordpiece_vocabulary(std::vector<std::string> pieces, const TokenizerConfig& tokenizer,
                                       const WordCounts& words) {
  constexpr const char* kOrigin = "the learned vocabulary";
  auto learned = std::make_unique<WordPieceTokenizer>(Vocabulary(std::move(pieces), kOrigin), tokenizer, kOrigin);
  const VocabularyCoverage coverage = measure_coverage(words, *learned);
  return {std::move(learned), coverage};
}

}  // namespace bertforge
