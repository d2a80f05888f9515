#pragma once
// Masking: which pieces of a sentence pair become targets of the masked language model, and what stands in their place.
//
// Fed by example_maker.h (the pieces of [CLS] A [SEP] B [SEP]); feeds batch.h.
// Source: Devlin et al. 2019, section 3.1; google-research/bert, create_masked_lm_predictions, draw for draw.
//   T  pieces of the pair, [CLS] and [SEP] included        P  pieces predicted        V  vocabulary
// A new masking is one .cpp with a class of this interface, its maker in src/data/maskings.h, one line in maskings(), one test.

#include <algorithm>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bertforge/base/field_list.h"
#include "bertforge/base/random.h"
#include "bertforge/data/example.h"
#include "bertforge/text/tokenizer.h"

namespace bertforge {

struct MaskingConfig {
  std::string masking = "token";
  double masked_lm_prob = 0.15;               // Share of T to predict, at least one piece.
  std::int64_t max_predictions_per_seq = 20;  // Upper bound of P.
  double mask_share = 0.8;                    // Of the predicted pieces, so many become [MASK] ...
  double random_share = 0.1;  // ... so many any vocabulary entry; the others stay, so that a target does not show.
  bool mask_unknown = false;  // Whether [UNK] may be a target. Hugging Face: no; google-research/bert: yes.
  // whole_word, where A was cut so that B opens inside a word: its pieces belong to A's last word (google-research/bert), or
  // are a word of their own.
  bool words_cross_segments = false;
  double span_continue_prob = 0.8;             // span: chance of one more word, 1 - p of the geometric length.
  std::int64_t max_span_words = 10;            // span: words of the longest span.
  std::vector<std::string> never_masked = {};  // Pieces that are never predicted, besides special tokens.

  void validate() const;  // Error(kUsage)
};
void visit_fields(MaskingConfig& config, FieldList& fields);

// As google-research/bert draws them, draw for draw.
MaskingConfig with_google_defects(MaskingConfig config);

// What masking knows of the vocabulary.
struct MaskingVocabulary {
  TokenId mask_id = -1;
  std::vector<std::uint8_t> is_maskable;  // [V], false for [CLS], [SEP], [PAD], never_masked; [UNK] unless mask_unknown
  std::vector<std::uint8_t> continues_word;  // [V]
};
// Error(kUsage) where never_masked names what is no piece.
MaskingVocabulary masking_vocabulary(const Tokenizer& tokenizer, const MaskingConfig& config);

// Thread-safe: all calls are const.
class Masking {
 public:
  virtual ~Masking() = default;
  // Chooses targets among `example.ids`, replaces them there, and writes masked_positions and masked_labels.
  virtual void mask(Example& example, CounterRandom& random) const = 0;
};

// Pieces that are predicted together or not at all: one piece, or the pieces of one word. Group g: positions[begins[g]] ..
struct MaskingGroups {
  std::vector<std::int32_t> positions;  // Ascending, in [0, T); those of unmaskable pieces are left out.
  std::vector<std::int32_t> begins;     // [groups + 1], into positions
  std::int32_t size() const { return static_cast<std::int32_t>(begins.size()) - 1; }
};

// A way to mask.
struct MaskingEntry {
  std::string_view name, help;
  std::unique_ptr<Masking> (*make)(const MaskingConfig& config, MaskingVocabulary vocabulary);
  // How it groups the pieces `ids` [T]; nullptr where it does not choose among groups.
  MaskingGroups (*group)(std::span<const TokenId> ids, const MaskingVocabulary& vocabulary,
                         const MaskingConfig& config) = nullptr;
};

// The table of maskings: "token", "whole_word", "span".
std::span<const MaskingEntry> maskings();

// The row of that name. Error(kUsage) that lists the names where there is none.
const MaskingEntry& find_masking(std::string_view name);

// The masking that the config names; validates it.
std::unique_ptr<Masking> make_masking(const MaskingConfig& config, const Tokenizer& tokenizer);

// The algorithm itself, over any generator.

MaskingGroups group_tokens(std::span<const TokenId> ids, const MaskingVocabulary& vocabulary);
MaskingGroups group_words(std::span<const TokenId> ids, const MaskingVocabulary& vocabulary, bool words_cross_segments);

// How many pieces to predict among T: round-half-even of T * masked_lm_prob, within [1, max_predictions_per_seq].
std::int64_t num_predictions(std::size_t num_tokens, const MaskingConfig& config);

// What a predicted piece becomes: [MASK], itself, or any entry of the vocabulary.
template <RandomGenerator Generator>
TokenId draw_replacement(TokenId original, const MaskingVocabulary& vocabulary, const MaskingConfig& config,
                         Generator& random) {
  if (random.unit() < config.mask_share) return vocabulary.mask_id;
  const double keep_share = 1.0 - config.mask_share - config.random_share;
  if (random.unit() < keep_share / (keep_share + config.random_share)) return original;
  return static_cast<TokenId>(random.below(vocabulary.is_maskable.size()));
}

// Sorts what was chosen, (position, label), and appends it to the example's targets.
void write_targets(std::vector<std::pair<std::int32_t, TokenId>>& chosen, Example& example);

// Chooses groups at random until no further one fits. A group that would exceed the number of predictions is passed over, so
// P may fall short of it.
template <RandomGenerator Generator>
void mask_groups(Example& example, const MaskingGroups& groups, const MaskingVocabulary& vocabulary,
                 const MaskingConfig& config, Generator& random) {
  std::vector<std::int32_t> order(groups.size());
  std::iota(order.begin(), order.end(), 0);

  const auto limit = static_cast<std::size_t>(num_predictions(example.ids.size(), config));
  std::vector<std::pair<std::int32_t, TokenId>> chosen;  // (position, label)
  chosen.reserve(limit);
  for (std::size_t i = 0; i < order.size() && chosen.size() < limit; ++i) {
    shuffle_next(order, i, random);
    const std::int32_t begin = groups.begins[order[i]], end = groups.begins[order[i] + 1];
    if (chosen.size() + (end - begin) > limit) continue;
    for (std::int32_t piece = begin; piece < end; ++piece) {
      TokenId& id = example.ids[groups.positions[piece]];
      chosen.emplace_back(groups.positions[piece], id);
      id = draw_replacement(id, vocabulary, config, random);
    }
  }

  write_targets(chosen, example);
}

}  // namespace bertforge
