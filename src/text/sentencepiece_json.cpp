#include "sentencepiece_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "bertforge/base/error.h"
#include "bertforge/formats/base64.h"
#include "bertforge/text/unicode.h"
#include "tokenizer_json.h"

namespace bertforge::tokenizer_json {

namespace {

using nlohmann::ordered_json;
using Model = SentencePieceModel;
using PieceType = Model::PieceType;

ordered_json replacement(std::string_view from, std::string_view to) {
  return {{"type", "Replace"}, {"pattern", {{"String", from}}}, {"content", to}};
}

// The library takes the longest entry of its table at each place; Precompiled does so only in graphemes of five bytes, and
// there it loses what stands behind the entry. So characters are composed and made lower case before it, and what the
// library leaves as it is hides behind noncharacters meanwhile: U+FF5E from NFKC, U+0130 from lower case.
void add_rules_before_charsmap(ordered_json& steps, const std::string& name) {
  struct Hidden {
    std::string_view text, stand_in;
  };
  constexpr Hidden kWaveDash{"\uFF5E", "\U0010FFFE"}, kDottedI{"\u0130", "\U0010FFFF"};
  std::vector<Hidden> hidden;
  const bool folds_case = name.ends_with("_cf");
  if (name.starts_with("nmt_")) hidden.push_back(kWaveDash);
  if (folds_case) hidden.push_back(kDottedI);
  for (const Hidden& entry : hidden) steps.push_back(replacement(entry.text, entry.stand_in));
  if (folds_case) steps.push_back({{"type", "Lowercase"}});
  steps.push_back({{"type", "NFKC"}});
  for (const Hidden& entry : hidden) steps.push_back(replacement(entry.stand_in, entry.text));
}

ordered_json make_normalizer(const Model& model) {
  static constexpr std::string_view kRules[] = {"nmt_nfkc", "nfkc", "nmt_nfkc_cf", "nfkc_cf"};
  ordered_json steps = ordered_json::array();
  if (!model.charsmap.empty()) {
    if (std::find(std::begin(kRules), std::end(kRules), model.normalizer) != std::end(kRules))
      add_rules_before_charsmap(steps, model.normalizer);
    steps.push_back({{"type", "Precompiled"}, {"precompiled_charsmap", encode_base64(model.charsmap)}});
  }
  if (model.remove_extra_whitespaces) {
    steps.push_back({{"type", "Strip"}, {"strip_left", !model.add_dummy_prefix}, {"strip_right", true}});
    steps.push_back({{"type", "Replace"}, {"pattern", {{"Regex", " {2,}"}}}, {"content", kSpaceMark}});
  }
  return {{"type", "Sequence"}, {"normalizers", steps}};
}

ordered_json make_metaspace(const Model& model) {
  return {{"type", "Metaspace"},
          {"replacement", kSpaceMark},
          {"prepend_scheme", model.add_dummy_prefix ? "first" : "never"},
          {"split", model.parts_words}};
}

// What Unigram takes for the score of a special token, whose name it would find in a text (such as "[MASK]" in full-width
// letters, once NFKC has narrowed them): so low that the characters of the name win. Unigram derives the score of unknown
// characters from the lowest one, which changes nothing where each character of a piece is a piece: then every way to cut
// a text has the same unknown characters. Models without that property keep their scores.
double special_score(const Model& model) {
  double lowest = 0;
  for (const Model::Piece& piece : model.pieces) {
    if (piece.type != PieceType::kNormal) continue;
    lowest = std::min<double>(lowest, piece.score);
    for (std::size_t at = 0, begin = 0; at < piece.text.size(); begin = at) {
      decode_utf8(piece.text, at);
      const auto entry = model.ids.find(std::string_view(piece.text).substr(begin, at - begin));
      if (entry == model.ids.end()) return 0;
    }
  }
  constexpr int kLongerThanNames = 64;
  return lowest * kLongerThanNames;
}

ordered_json make_unigram(const Model& model) {
  const double low = special_score(model);
  ordered_json vocab = ordered_json::array();
  for (const Model::Piece& piece : model.pieces) {
    const bool is_special = piece.type == PieceType::kControl || piece.type == PieceType::kUnknown;
    vocab.push_back(ordered_json::array({piece.text, is_special ? low : double{piece.score}}));
  }
  return {{"type", "Unigram"}, {"unk_id", model.unknown}, {"vocab", std::move(vocab)}, {"byte_fallback", false}};
}

// Each way to join an ordinary piece from two others, those of the best score first, as the library joins them; of one
// piece's ways the one with the shortest left part first.
ordered_json make_merges(const Model& model) {
  struct Merge {
    float score;
    TokenId piece;
    std::size_t cut;
  };
  const auto is_normal = [&](std::string_view text) {
    const auto entry = model.ids.find(text);
    return entry != model.ids.end() && model.pieces[static_cast<std::size_t>(entry->second)].type == PieceType::kNormal;
  };
  std::vector<Merge> merges;
  for (std::size_t id = 0; id < model.pieces.size(); ++id) {
    const Model::Piece& piece = model.pieces[id];
    const std::string_view text = piece.text;
    if (piece.type != PieceType::kNormal) continue;
    for (std::size_t at = 0; at < text.size();) {
      decode_utf8(text, at);
      if (at < text.size() && is_normal(text.substr(0, at)) && is_normal(text.substr(at)))
        merges.push_back({piece.score, static_cast<TokenId>(id), at});
    }
  }
  std::sort(merges.begin(), merges.end(), [](const Merge& a, const Merge& b) {
    return std::tuple(-a.score, a.piece, a.cut) < std::tuple(-b.score, b.piece, b.cut);
  });
  ordered_json pairs = ordered_json::array();
  for (const Merge& merge : merges) {
    const std::string& text = model.pieces[static_cast<std::size_t>(merge.piece)].text;
    pairs.push_back(ordered_json::array({text.substr(0, merge.cut), text.substr(merge.cut)}));
  }
  return pairs;
}

ordered_json make_bpe(const Model& model, const TokenizerConfig& config) {
  ordered_json vocab = ordered_json::object();
  // An ordered_json looks for each new key among all before it; the vector beneath it does not, and pieces are unique.
  auto& entries = vocab.get_ref<ordered_json::object_t&>();
  using Entries = std::vector<ordered_json::object_t::value_type>;
  for (std::size_t i = 0; i < model.pieces.size(); ++i) entries.Entries::emplace_back(model.pieces[i].text, i);
  return {{"type", "BPE"},
          {"dropout", nullptr},
          {"unk_token", config.unknown_token},
          {"continuing_subword_prefix", nullptr},
          {"end_of_word_suffix", nullptr},
          {"fuse_unk", true},
          {"byte_fallback", false},
          {"ignore_merges", false},
          {"vocab", std::move(vocab)},
          {"merges", make_merges(model)}};
}

}  // namespace

ordered_json make_sentencepiece_json(const Model& model, const TokenizerConfig& config, const SpecialTokens& ids) {
  ordered_json added = ordered_json::array();
  for (std::size_t i = 0; i < model.pieces.size(); ++i) {
    const Model::Piece& piece = model.pieces[i];
    if (piece.type == PieceType::kNormal) continue;
    added.push_back(make_added_token(static_cast<TokenId>(i), piece.text, piece.type != PieceType::kUserDefined));
  }
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens", std::move(added)},
          {"normalizer", make_normalizer(model)},
          {"pre_tokenizer", make_metaspace(model)},
          {"post_processor", make_post_processor(config, ids)},
          {"decoder", make_metaspace(model)},
          {"model", model.algorithm == Model::Algorithm::kBpe ? make_bpe(model, config) : make_unigram(model)}};
}

ordered_json make_sentencepiece_config(const TokenizerConfig& config, std::int64_t max_length) {
  ordered_json object = make_special_tokens_map(config);
  object["tokenizer_class"] = "PreTrainedTokenizerFast";
  object["clean_up_tokenization_spaces"] = false;
  object["model_max_length"] = max_length;
  object["model_input_names"] = {"input_ids", "token_type_ids", "attention_mask"};
  return object;
}

void require_pieces_of(const Model& model, const nlohmann::json& tokenizer_json, const std::string& origin) {
  const auto part = tokenizer_json.find("model");
  const auto refuse = [&] {
    fail(ErrorKind::kInput, origin,
         ": has other pieces than the tokenizer.model beside it; remove the file that is out of date");
  };
  if (part == tokenizer_json.end() || !part->is_object()) refuse();
  const auto vocab = part->find("vocab");
  if (vocab == part->end() || vocab->size() != model.pieces.size()) refuse();
  for (std::size_t i = 0; i < model.pieces.size(); ++i) {
    const std::string& text = model.pieces[i].text;
    if (vocab->is_array()) {
      const nlohmann::json& entry = (*vocab)[i];
      if (!entry.is_array() || entry.empty() || entry[0] != text) refuse();
    } else {
      const auto entry = vocab->find(text);
      if (entry == vocab->end() || *entry != i) refuse();
    }
  }
}

}  // namespace bertforge::tokenizer_json
