#include "bertforge/inference/sequence.h"

#include <algorithm>
#include <numeric>

#include "bertforge/base/error.h"

namespace bertforge {

namespace {

constexpr std::string_view kPairSeparator = " ||| ";

// Takes tokens from the end of the longer until both fit.
void truncate_pair(std::vector<Token>& first, std::vector<Token>& second, std::size_t room) {
  while (first.size() + second.size() > room) (first.size() > second.size() ? first : second).pop_back();
}

}  // namespace

TextPair split_pair(std::string_view line) {
  const std::size_t at = line.find(kPairSeparator);
  if (at == std::string_view::npos) return {line, std::nullopt};
  return {line.substr(0, at), line.substr(at + kPairSeparator.size())};
}

SequenceMaker::SequenceMaker(const Tokenizer& tokenizer, std::int64_t max_length, std::int64_t segment,
                             SpecialTokensInText specials)
    : tokenizer_(tokenizer), max_length_(max_length), segment_(segment), specials_(specials) {
  BERTFORGE_CHECK(max_length >= kMinSequenceLength, "no room for a pair in ", max_length, " tokens");
}

Sequence SequenceMaker::make(const TextPair& text) const {
  const SpecialTokens& specials = tokenizer_.special_tokens();
  std::vector<Token> first = tokenizer_.encode_with_offsets(text.first, specials_), second;
  if (text.second) second = tokenizer_.encode_with_offsets(*text.second, specials_);
  const std::size_t num_tokens = first.size() + second.size();
  truncate_pair(first, second, static_cast<std::size_t>(max_length_ - (text.second ? 3 : 2)));

  Sequence sequence;
  sequence.is_truncated = first.size() + second.size() < num_tokens;
  append({Token{.id = specials.cls}}, sequence);
  append(first, sequence);
  append({Token{.id = specials.sep}}, sequence);
  sequence.segment_boundary = text.second || segment_ == 0 ? static_cast<std::int32_t>(sequence.length()) : 0;
  if (text.second) {
    append(second, sequence);
    append({Token{.id = specials.sep}}, sequence);
  }
  return sequence;
}

void SequenceMaker::append(const std::vector<Token>& tokens, Sequence& sequence) const {
  const SpecialTokens& specials = tokenizer_.special_tokens();
  bool in_word = false;
  for (const Token& token : tokens) {
    const bool is_frame = token.id == specials.cls || token.id == specials.sep;
    if (!is_frame && !(in_word && tokenizer_.continues_word(token.id))) ++sequence.num_words;
    in_word = !is_frame;
    sequence.tokens.push_back(token);
    sequence.words.push_back(is_frame ? -1 : sequence.num_words - 1);
  }
}

Batch collate(const std::vector<Sequence>& sequences, const std::vector<std::size_t>& indices) {
  Batch batch;
  batch.sequence_offsets.push_back(0);
  for (const std::size_t i : indices) {
    for (const Token& token : sequences[i].tokens) batch.token_ids.push_back(token.id);
    batch.sequence_offsets.push_back(static_cast<std::int32_t>(batch.token_ids.size()));
    batch.segment_boundaries.push_back(sequences[i].segment_boundary);
    batch.is_random_next.push_back(0);
  }
  return batch;
}

std::vector<std::vector<std::size_t>> batches_by_length(const std::vector<Sequence>& sequences,
                                                        std::int64_t max_padded_tokens) {
  std::vector<std::size_t> order(sequences.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::ranges::greater(), [&](std::size_t i) { return sequences[i].length(); });

  std::vector<std::vector<std::size_t>> batches;
  std::int64_t longest = 0;
  for (const std::size_t i : order) {
    const bool fits = !batches.empty() && (std::ssize(batches.back()) + 1) * longest <= max_padded_tokens;
    if (!fits) {
      batches.emplace_back();
      longest = sequences[i].length();
    }
    batches.back().push_back(i);
  }
  return batches;
}

}  // namespace bertforge
