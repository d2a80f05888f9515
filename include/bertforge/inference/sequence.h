#pragma once
// What a model reads of a text: [CLS] A [SEP], or [CLS] A [SEP] B [SEP] of a pair, and where each token stands in it.
//
// Fed by lines of text; eaten by encoder_session.h. Pairs that are too long lose tokens from the end of the longer text
// (B's where both are equal), as google-research/bert's extract_features does.
//   T  tokens, special ones included

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "bertforge/data/batch.h"
#include "bertforge/text/tokenizer.h"

namespace bertforge {

inline constexpr std::int64_t kMinSequenceLength = 5;  // [CLS] a [SEP] b [SEP]

struct Sequence {
  std::vector<Token> tokens;        // [T]; places are in A or in B, those of [CLS] and [SEP] are empty.
  std::vector<std::int32_t> words;  // [T] the number of the word, A's first and then B's; -1 for [CLS] and [SEP].
  std::int32_t num_words = 0;
  std::int32_t segment_boundary = 0;  // The first token of segment 1; T where all are of segment 0.
  bool is_truncated = false;

  std::int64_t length() const { return static_cast<std::int64_t>(tokens.size()); }
};

// "A ||| B", as google-research/bert writes pairs; `second` is empty where the line has no " ||| ".
struct TextPair {
  std::string_view first;
  std::optional<std::string_view> second;
};
TextPair split_pair(std::string_view line);

// Thread-safe: all calls are const. Keeps a reference to the tokenizer.
class SequenceMaker {
 public:
  // `segment`: the type of all tokens of a text that is no pair, 0 or 1. REQUIRES: max_length >= kMinSequenceLength.
  SequenceMaker(const Tokenizer& tokenizer, std::int64_t max_length, std::int64_t segment = 0,
                SpecialTokensInText specials = SpecialTokensInText::kAreText);

  Sequence make(const TextPair& text) const;
  Sequence make(std::string_view text) const { return make(TextPair{text, std::nullopt}); }

 private:
  void append(const std::vector<Token>& tokens, Sequence& sequence) const;

  const Tokenizer& tokenizer_;
  std::int64_t max_length_, segment_;
  SpecialTokensInText specials_;
};

// One batch of sequences, in the order of `indices` [B]; it has no targets.
Batch collate(const std::vector<Sequence>& sequences, const std::vector<std::size_t>& indices);

// Sequences in batches of like length, the longest first, so that padding is small and memory is needed at once: indices
// into `sequences`. A batch has at most `max_padded_tokens` tokens, padding included, but one sequence at least.
std::vector<std::vector<std::size_t>> batches_by_length(const std::vector<Sequence>& sequences,
                                                        std::int64_t max_padded_tokens);

}  // namespace bertforge
