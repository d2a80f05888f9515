#include "bertforge/data/masking.h"

#include <cmath>

#include "bertforge/base/error.h"
#include "maskings.h"

namespace bertforge {

namespace {

// Groups of maskable pieces; joins(position) says whether a piece belongs to the group before it.
template <class Joins>
MaskingGroups group_pieces(std::span<const TokenId> ids, const MaskingVocabulary& vocabulary, Joins joins) {
  MaskingGroups groups;
  groups.positions.reserve(ids.size());
  groups.begins.reserve(ids.size() + 1);
  for (std::int32_t position = 0; position < std::ssize(ids); ++position) {
    if (!vocabulary.is_maskable[ids[position]]) continue;
    if (groups.positions.empty() || !joins(position, groups.positions.back())) {
      groups.begins.push_back(static_cast<std::int32_t>(groups.positions.size()));
    }
    groups.positions.push_back(position);
  }
  groups.begins.push_back(static_cast<std::int32_t>(groups.positions.size()));
  return groups;
}

MaskingGroups group_each_token(std::span<const TokenId> ids, const MaskingVocabulary& vocabulary,
                               const MaskingConfig&) {
  return group_tokens(ids, vocabulary);
}

MaskingGroups group_whole_words(std::span<const TokenId> ids, const MaskingVocabulary& vocabulary,
                                const MaskingConfig& config) {
  return group_words(ids, vocabulary, config.words_cross_segments);
}

// Draws among groups of one kind.
class GroupMasking : public Masking {
 public:
  GroupMasking(MaskingConfig config, MaskingVocabulary vocabulary, decltype(MaskingEntry::group) group)
      : config_(std::move(config)), vocabulary_(std::move(vocabulary)), group_(group) {}

  void mask(Example& example, CounterRandom& random) const override {
    mask_groups(example, group_(example.ids, vocabulary_, config_), vocabulary_, config_, random);
  }

 private:
  MaskingConfig config_;
  MaskingVocabulary vocabulary_;
  decltype(MaskingEntry::group) group_;
};

constexpr MaskingEntry kMaskings[] = {
    {"token", "every piece on its own", make_token_masking, group_each_token},
    {"whole_word", "all pieces of a word or none", make_whole_word_masking, group_whole_words},
    {"span", "runs of whole words, of a geometric length (SpanBERT; Joshi et al. 2020)", make_span_masking},
};

TokenId id_of_piece(const Tokenizer& tokenizer, const std::string& piece) {
  for (TokenId id = 0; id < tokenizer.vocabulary_size(); ++id) {
    if (tokenizer.piece(id) == piece) return id;
  }
  fail(ErrorKind::kUsage, "never_masked names \"", piece, "\", which is no piece of the vocabulary");
}

std::vector<std::string> masking_names() {
  std::vector<std::string> names;
  for (const MaskingEntry& entry : kMaskings) names.emplace_back(entry.name);
  return names;
}

}  // namespace

MaskingGroups group_tokens(std::span<const TokenId> ids, const MaskingVocabulary& vocabulary) {
  return group_pieces(ids, vocabulary, [](std::int32_t, std::int32_t) { return false; });
}

MaskingGroups group_words(std::span<const TokenId> ids, const MaskingVocabulary& vocabulary,
                          bool words_cross_segments) {
  return group_pieces(ids, vocabulary, [&](std::int32_t position, std::int32_t previous) {
    return vocabulary.continues_word[ids[position]] && (words_cross_segments || previous == position - 1);
  });
}

void write_targets(std::vector<std::pair<std::int32_t, TokenId>>& chosen, Example& example) {
  std::sort(chosen.begin(), chosen.end());
  for (const auto& [position, label] : chosen) {
    example.masked_positions.push_back(position);
    example.masked_labels.push_back(label);
  }
}

std::int64_t num_predictions(std::size_t num_tokens, const MaskingConfig& config) {
  // nearbyint rounds half to even, as Python's round() does: 30 pieces give 4 (4.5), 50 give 8 (7.5).
  const auto wanted =
      static_cast<std::int64_t>(std::nearbyint(static_cast<double>(num_tokens) * config.masked_lm_prob));
  return std::min(config.max_predictions_per_seq, std::max<std::int64_t>(1, wanted));
}

MaskingVocabulary masking_vocabulary(const Tokenizer& tokenizer, const MaskingConfig& config) {
  const SpecialTokens& specials = tokenizer.special_tokens();
  MaskingVocabulary vocabulary;
  vocabulary.mask_id = specials.mask;
  vocabulary.is_maskable.assign(tokenizer.vocabulary_size(), 1);
  vocabulary.continues_word.resize(tokenizer.vocabulary_size());
  for (TokenId id = 0; id < tokenizer.vocabulary_size(); ++id)
    vocabulary.continues_word[id] = tokenizer.continues_word(id);

  for (const TokenId id : {specials.pad, specials.cls, specials.sep}) {
    if (id >= 0) vocabulary.is_maskable[id] = 0;
  }
  if (!config.mask_unknown && specials.unknown >= 0) vocabulary.is_maskable[specials.unknown] = 0;
  for (const std::string& piece : config.never_masked) vocabulary.is_maskable[id_of_piece(tokenizer, piece)] = 0;
  return vocabulary;
}

std::unique_ptr<Masking> make_token_masking(const MaskingConfig& config, MaskingVocabulary vocabulary) {
  return std::make_unique<GroupMasking>(config, std::move(vocabulary), group_each_token);
}

std::unique_ptr<Masking> make_whole_word_masking(const MaskingConfig& config, MaskingVocabulary vocabulary) {
  return std::make_unique<GroupMasking>(config, std::move(vocabulary), group_whole_words);
}

std::span<const MaskingEntry> maskings() { return kMaskings; }

const MaskingEntry& find_masking(std::string_view name) {
  for (const MaskingEntry& entry : kMaskings) {
    if (entry.name == name) return entry;
  }
  fail(ErrorKind::kUsage, "there is no masking \"", name, "\"; ", allowed_names(name, masking_names()));
}

std::unique_ptr<Masking> make_masking(const MaskingConfig& config, const Tokenizer& tokenizer) {
  config.validate();
  const SpecialTokens& specials = tokenizer.special_tokens();
  if (specials.cls < 0 || specials.sep < 0 || specials.mask < 0) {
    fail(ErrorKind::kInput, "the vocabulary lacks [CLS], [SEP] or [MASK]: masked examples need all three");
  }
  return find_masking(config.masking).make(config, masking_vocabulary(tokenizer, config));
}

MaskingConfig with_google_defects(MaskingConfig config) {
  config.mask_unknown = true;
  config.words_cross_segments = true;
  return config;
}

void visit_fields(MaskingConfig& config, FieldList& fields) {
  fields.add("masking", config.masking, "Which pieces are predicted together.", masking_names());
  fields.add("masked_lm_prob", config.masked_lm_prob, "Share of a sequence's tokens to predict, at least one.",
             {0.0, 1.0});
  fields.add("max_predictions_per_seq", config.max_predictions_per_seq, "Upper bound of predicted tokens a sequence.",
             {1, 1 << 20});
  fields.add("mask_share", config.mask_share, "Share of predicted tokens that become [MASK].", {0.0, 1.0});
  fields.add("random_share", config.random_share,
             "Share of predicted tokens that become any entry of the vocabulary; the others stay.", {0.0, 1.0});
  fields.add("mask_unknown", config.mask_unknown, "Let [UNK] be predicted, as google-research/bert does.");
  fields.add("words_cross_segments", config.words_cross_segments,
             "whole_word: pieces that open B inside a word belong to A's last word, as in google-research/bert.");
  fields.add("span_continue_prob", config.span_continue_prob,
             "span: chance that a span goes on with one more word; 0.8 is SpanBERT's geometric length with p = 0.2.",
             {0.0, 1.0});
  fields.add("max_span_words", config.max_span_words, "span: words of the longest span.", {1, 1 << 10});
  fields.add("never_masked", config.never_masked, "Pieces that are never predicted, besides special tokens.");
}

void MaskingConfig::validate() const {
  MaskingConfig copy = *this;
  FieldList fields;
  visit_fields(copy, fields);
  for (const Field& field : fields.fields()) check_field(field, "masking");
  if (mask_share + random_share > 1.0) {
    fail(ErrorKind::kUsage, "mask_share (", mask_share, ") and random_share (", random_share,
         ") are shares of the same tokens: their sum may be 1 at most");
  }
}

}  // namespace bertforge
