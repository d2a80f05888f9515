// Spans: runs of neighbouring words, masked together. A span's length in words is geometric, cut at max_span_words; its pieces
// become [MASK], random entries or stay all together.
// Source: Joshi et al. 2020 (SpanBERT), section 3.1. The reference goes on drawing until the budget is met; here every word is
// tried once as a span's beginning, in random order, and a span ends where the next word would exceed the budget.

#include <algorithm>
#include <numeric>

#include "maskings.h"

namespace bertforge {

namespace {

enum class Replacement { kMask, kKeep, kRandom };

class SpanMasking : public Masking {
 public:
  SpanMasking(MaskingConfig config, MaskingVocabulary vocabulary)
      : config_(std::move(config)), vocabulary_(std::move(vocabulary)) {
    double weight = 1, sum = 0;
    for (std::int64_t i = 0; i < config_.max_span_words; ++i, weight *= config_.span_continue_prob) {
      cumulative_.push_back(sum += weight);
    }
  }

  void mask(Example& example, CounterRandom& random) const override {
    const MaskingGroups words = group_words(example.ids, vocabulary_, config_.words_cross_segments);
    std::vector<std::int32_t> order(static_cast<std::size_t>(words.size()));
    std::iota(order.begin(), order.end(), 0);

    std::int64_t budget = num_predictions(example.ids.size(), config_);
    std::vector<std::uint8_t> is_chosen(order.size());
    std::vector<std::pair<std::int32_t, TokenId>> chosen;  // (position, label)
    for (std::size_t i = 0; i < order.size() && budget > 0; ++i) {
      shuffle_next(order, i, random);
      const std::int32_t first = order[i];
      if (is_chosen[first]) continue;
      const std::int32_t end = span_end(words, first, draw_num_words(random), is_chosen, budget);
      if (end == first) continue;
      const Replacement replacement = draw_kind(random);
      for (std::int32_t piece = words.begins[first]; piece < words.begins[end]; ++piece) {
        TokenId& id = example.ids[words.positions[piece]];
        chosen.emplace_back(words.positions[piece], id);
        id = replace(id, replacement, random);
      }
      std::fill(is_chosen.begin() + first, is_chosen.begin() + end, 1);
    }
    write_targets(chosen, example);
  }

 private:
  // Geometric from 1 on, as if drawn again where it exceeds the longest. No logarithm: its last bit differs among machines.
  std::int64_t draw_num_words(CounterRandom& random) const {
    const double unit = random.unit();
    if (config_.span_continue_prob == 1.0) return config_.max_span_words;  // Nothing ends a span.
    const auto place = std::upper_bound(cumulative_.begin(), cumulative_.end() - 1, unit * cumulative_.back());
    return place - cumulative_.begin() + 1;
  }

  // The words that the span takes: neighbours, none of them taken, within the budget; what it takes is taken off.
  static std::int32_t span_end(const MaskingGroups& words, std::int32_t first, std::int64_t num_words,
                               const std::vector<std::uint8_t>& is_chosen, std::int64_t& budget) {
    std::int32_t end = first;
    for (; end < words.size() && end - first < num_words && !is_chosen[end]; ++end) {
      const bool follows =
          end == first || words.positions[words.begins[end]] == words.positions[words.begins[end] - 1] + 1;
      const std::int32_t size = words.begins[end + 1] - words.begins[end];
      if (!follows || size > budget) break;
      budget -= size;
    }
    return end;
  }

  Replacement draw_kind(CounterRandom& random) const {
    const double unit = random.unit();
    if (unit < config_.mask_share) return Replacement::kMask;
    return unit < config_.mask_share + config_.random_share ? Replacement::kRandom : Replacement::kKeep;
  }

  TokenId replace(TokenId id, Replacement replacement, CounterRandom& random) const {
    switch (replacement) {
      case Replacement::kMask:
        return vocabulary_.mask_id;
      case Replacement::kRandom:
        return static_cast<TokenId>(random.below(vocabulary_.is_maskable.size()));
      case Replacement::kKeep:
        break;
    }
    return id;
  }

  MaskingConfig config_;
  MaskingVocabulary vocabulary_;
  std::vector<double> cumulative_;  // [max_span_words], weights of spans of so many words or fewer
};

}  // namespace

std::unique_ptr<Masking> make_span_masking(const MaskingConfig& config, MaskingVocabulary vocabulary) {
  return std::make_unique<SpanMasking>(config, std::move(vocabulary));
}

}  // namespace bertforge
