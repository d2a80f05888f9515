#include "bertforge/text/vocabulary_config.h"

#include <algorithm>
#include <set>

#include "alphabet.h"
#include "bertforge/base/byte_size.h"
#include "bertforge/base/error.h"
#include "bertforge/base/field_list.h"
#include "bertforge/text/unicode.h"
#include "bertforge/text/vocabulary.h"
#include "bertforge/text/vocabulary_trainer.h"

namespace bertforge {

namespace {

// Measured: what the program and a batch of text take, and a word, from its count to the end of learning (tf-text; pairs needs
// less).
constexpr std::int64_t kFixedBytes = 64'000'000;
constexpr std::int64_t kBytesPerWord = 600;
constexpr std::int64_t kMinBytes = 100'000'000;

}  // namespace

void VocabularyConfig::validate() const {
  VocabularyConfig copy = *this;
  FieldList fields;
  visit_fields(copy, fields);
  for (const Field& field : fields.fields()) check_field(field, "vocab");
  if (sample == 0) fail(ErrorKind::kUsage, "vocab.sample is 0; a share of the sentences above 0, up to 1, is expected");
  max_words();
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
  fields.add("model_type", config.model_type, "sentencepiece: the kind of model.", {"unigram", "bpe"});
  fields.add("character_coverage", config.character_coverage,
             "sentencepiece: the part of the corpus' characters that pieces can write; the rest is unknown.",
             {.min = 0.98, .max = 1});
  fields.add("max_sentence_length", config.max_sentence_length,
             "sentencepiece: longer sentences, in bytes, are left out.", {.min = 10, .max = 1 << 30});
  fields.add("input_sentence_size", config.input_sentence_size,
             "sentencepiece: sentences to learn from, drawn from all where there are more.",
             {.min = 1, .max = 1 << 30});
  fields.add("special_tokens", config.special_tokens, "The pieces that come first, in order.");
  fields.add("unused", config.num_unused, "So many pieces [unused0], [unused1], ... to be given a meaning later.",
             {.min = 0, .max = 1 << 20});
  fields.add("special_order", config.special_order,
             "listed: special tokens, then unused pieces; google: the first token, 99 unused pieces, the other tokens.",
             {"listed", "google"});
  fields.add("sample", config.sample, "Share of the sentences to learn from.", {.min = 0, .max = 1});
  fields.add("memory", config.memory,
             "About what learning may take, \"2 GB\": beyond it rare words are forgotten; empty: no limit.");
}

std::vector<std::string> VocabularyConfig::reserved_pieces() const {
  constexpr std::int64_t kUnusedBehindFirst = 99;
  std::vector<std::string> unused;
  for (std::int64_t i = 0; i < num_unused; ++i) unused.push_back(concat("[unused", i, "]"));
  std::vector<std::string> pieces = special_tokens;
  if (special_order == "google" && !pieces.empty()) {
    const auto middle = unused.begin() + std::min(kUnusedBehindFirst, num_unused);
    pieces.insert(pieces.begin() + 1, unused.begin(), middle);
    unused.erase(unused.begin(), middle);
  }
  pieces.insert(pieces.end(), unused.begin(), unused.end());
  return pieces;
}

std::int64_t VocabularyConfig::max_words() const {
  if (memory.empty()) return 0;
  const std::int64_t num_bytes = parse_byte_size(memory);
  if (num_bytes < kMinBytes) {
    fail(ErrorKind::kUsage, "vocab.memory is ", memory, "; at least ", kMinBytes / 1'000'000, " MB are expected");
  }
  return (num_bytes - kFixedBytes) / kBytesPerWord;
}

}  // namespace bertforge
