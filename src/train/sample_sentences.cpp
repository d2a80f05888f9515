#include "bertforge/train/sample_sentences.h"

#include <algorithm>
#include <cstddef>

namespace bertforge {
namespace {

constexpr std::size_t kMostSentences = 4, kFewestTargets = 2;
constexpr std::int32_t kMostSampleTokens = 48;  // What fits a few lines of a page.

// Sequence `b` of the batch, its targets hidden, cut to length.
Example hidden_example(const Batch& batch, std::size_t b, const SpecialTokens& specials) {
  const std::int32_t begin = batch.sequence_offsets[b], length = batch.sequence_offsets[b + 1] - begin;
  const bool is_cut = length > kMostSampleTokens;
  const std::int32_t end = begin + (is_cut ? kMostSampleTokens - 1 : length);
  Example example;
  example.ids.assign(batch.token_ids.begin() + begin, batch.token_ids.begin() + end);
  const auto& rows = batch.masked_rows;
  for (auto row = std::ranges::lower_bound(rows, begin); row != rows.end() && *row < end; ++row) {
    example.ids[static_cast<std::size_t>(*row - begin)] = specials.mask;
    example.masked_positions.push_back(*row - begin);
    example.masked_labels.push_back(batch.masked_labels[static_cast<std::size_t>(row - rows.begin())]);
  }
  if (is_cut && example.ids.back() != specials.sep) example.ids.push_back(specials.sep);
  example.segment_boundary = std::min(batch.segment_boundaries[b], static_cast<std::int32_t>(example.ids.size()));
  example.is_random_next = batch.is_random_next[b] != 0;
  return example;
}

// What a piece adds to a text that has begun: " the", "ing".
std::string later_text(TokenId id, const Tokenizer& tokenizer) {
  if (tokenizer.is_special(id)) return " " + tokenizer.piece(id);
  const TokenId cls = tokenizer.special_tokens().cls;
  const std::vector<TokenId> before = {cls}, with = {cls, id};
  return tokenizer.decode(with, /*skip_special=*/false).substr(tokenizer.decode(before, /*skip_special=*/false).size());
}

std::vector<std::string> text_around_masks(const Example& example, const Tokenizer& tokenizer) {
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < example.ids.size(); ++i) {
    const std::size_t mask = parts.size() - 1;  // The next one.
    const bool is_mask =
        mask < example.masked_positions.size() && static_cast<std::size_t>(example.masked_positions[mask]) == i;
    const std::string text = later_text(is_mask ? example.masked_labels[mask] : example.ids[i], tokenizer);
    if (!is_mask) {
      parts.back() += text;
    } else {
      if (text.starts_with(' ')) parts.back() += ' ';
      parts.emplace_back();
    }
  }
  if (parts.front().starts_with(' ')) parts.front().erase(0, 1);
  return parts;
}

}  // namespace

std::vector<SampleSentence> choose_sample_sentences(std::span<const Batch> held_out, const Tokenizer& tokenizer) {
  std::vector<SampleSentence> chosen;
  for (const Batch& batch : held_out) {
    for (std::size_t b = 0; b < batch.segment_boundaries.size(); ++b) {
      Example example = hidden_example(batch, b, tokenizer.special_tokens());
      if (example.masked_labels.size() < kFewestTargets) continue;
      std::vector<std::string> text = text_around_masks(example, tokenizer);
      chosen.push_back({std::move(example), std::move(text)});
      if (chosen.size() == kMostSentences) return chosen;
    }
  }
  return chosen;
}

}  // namespace bertforge
