#include "bertforge/text/sentencepiece_tokenizer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/text/unicode.h"
#include "repaired_text.h"
#include "require_id.h"
#include "sentencepiece_json.h"
#include "sentencepiece_library.h"
#include "sentencepiece_model.h"
#include "special_matches.h"
#include "tokenizer_json.h"

namespace bertforge {

namespace {

using PieceType = SentencePieceModel::PieceType;

// The id of a special token, -1 where there is none. One that the library would find in every text (user-defined) becomes
// a control piece, in the model and in its bytes.
TokenId claim_special_token(const std::string& name, SentencePieceModel& model, std::string& bytes,
                            const std::string& origin) {
  const auto entry = model.ids.find(name);
  if (entry == model.ids.end()) return -1;
  SentencePieceModel::Piece& piece = model.pieces[static_cast<std::size_t>(entry->second)];
  if (piece.type == PieceType::kNormal) {
    fail(ErrorKind::kInput, origin, ": ", name, " is an ordinary piece; special tokens are control pieces ",
         "(train it with --control_symbols)");
  }
  if (piece.type == PieceType::kUserDefined) {
    piece.type = PieceType::kControl;
    bytes[piece.type_offset] = static_cast<char>(PieceType::kControl);
  }
  return entry->second;
}

// A control piece that may stand before a text (sentencepiece_library.h).
TokenId choose_sentinel(const SpecialTokens& ids, TokenId unknown) {
  for (const TokenId id : {ids.mask, ids.sep, ids.cls, ids.pad}) {
    if (id >= 0 && id != unknown) return id;
  }
  return -1;
}

// The pieces with their places in the original, in bytes and in code points. Spans begin in order.
std::vector<Token> tokens_at(std::string_view original, const RepairedText& repaired,
                             const std::vector<PieceSpan>& spans) {
  std::vector<Token> tokens;
  tokens.reserve(spans.size());
  std::size_t counted = 0, num_chars = 0;  // num_chars: code points before the byte `counted`.
  for (const PieceSpan& span : spans) {
    const std::size_t begin = repaired.source(span.begin), end = repaired.source(span.end);
    num_chars += count_code_points(original.substr(counted, begin - counted));
    counted = begin;
    const std::size_t char_end = num_chars + count_code_points(original.substr(begin, end - begin));
    tokens.push_back({span.id, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end),
                      static_cast<std::uint32_t>(num_chars), static_cast<std::uint32_t>(char_end)});
  }
  return tokens;
}

}  // namespace

struct SentencePieceTokenizer::Library {
  SentencePieceModel model;
  std::vector<SpecialName> names;                   // Of the special tokens that are there.
  std::unique_ptr<SentencePieceLibrary> processor;  // Made when the model is as it stays.
};

bool is_sentencepiece_model(const std::filesystem::path& path) { return path.extension() == ".model"; }

SentencePieceTokenizer::SentencePieceTokenizer(std::string model, const TokenizerConfig& config,
                                               const std::string& origin)
    : model_(std::move(model)),
      config_(config),
      library_(std::make_unique<Library>(Library{parse_sentencepiece_model(model_, origin), {}, nullptr})) {
  look_up_special_tokens(origin);
  library_->processor = std::make_unique<SentencePieceLibrary>(
      model_, library_->model, choose_sentinel(special_tokens_, special_tokens_.unknown), origin);
}

SentencePieceTokenizer::~SentencePieceTokenizer() = default;

void SentencePieceTokenizer::look_up_special_tokens(const std::string& origin) {
  SentencePieceModel& loaded = library_->model;
  special_tokens_.unknown = loaded.unknown;
  config_.unknown_token = piece(loaded.unknown);
  for (const auto& [name, id] : {std::pair{&config_.pad_token, &special_tokens_.pad},
                                 {&config_.cls_token, &special_tokens_.cls},
                                 {&config_.sep_token, &special_tokens_.sep},
                                 {&config_.mask_token, &special_tokens_.mask}}) {
    *id = claim_special_token(*name, loaded, model_, origin);
    if (*id >= 0) library_->names.push_back({piece(*id), *id});
  }
  library_->names.push_back({piece(loaded.unknown), loaded.unknown});
}

std::int64_t SentencePieceTokenizer::vocabulary_size() const { return std::ssize(library_->model.pieces); }

const std::string& SentencePieceTokenizer::piece(TokenId id) const {
  return library_->model.pieces[static_cast<std::size_t>(id)].text;
}

bool SentencePieceTokenizer::is_special(TokenId id) const {
  const PieceType type = library_->model.pieces[static_cast<std::size_t>(id)].type;
  return type == PieceType::kControl || type == PieceType::kUnknown;
}

bool SentencePieceTokenizer::can_be_cut_at_spaces(SpecialTokensInText specials) const {
  return library_->processor->can_be_cut_at_spaces() &&
         (specials == SpecialTokensInText::kAreText ||
          std::ranges::none_of(library_->names, [](const SpecialName& name) { return has_space(name.text); }));
}

bool SentencePieceTokenizer::continues_word(TokenId id) const {
  return !is_special(id) && !piece(id).starts_with(kSpaceMark);
}

void SentencePieceTokenizer::encode(std::string_view text, std::vector<TokenId>& ids,
                                    SpecialTokensInText specials) const {
  if (specials == SpecialTokensInText::kAreText) {
    library_->processor->encode(RepairedText(text).text(), ids);
  } else {
    for (const Token& token : encode_with_offsets(text, specials)) ids.push_back(token.id);
  }
}

std::vector<Token> SentencePieceTokenizer::encode_with_offsets(std::string_view text,
                                                               SpecialTokensInText specials) const {
  BERTFORGE_CHECK(text.size() >> 32 == 0, "offsets have 32 bits");
  const RepairedText repaired(text);
  const std::string_view whole = repaired.text();
  std::vector<PieceSpan> spans;
  std::size_t begin = 0;
  const auto encode_until = [&](std::size_t end) {
    const std::size_t first = spans.size();
    library_->processor->encode(whole.substr(begin, end - begin),
                                begin == 0 ? TextBegins::kAtStart : TextBegins::kBehindSpecial, spans);
    for (std::size_t i = first; i < spans.size(); ++i) spans[i].begin += begin, spans[i].end += begin;
  };
  if (specials == SpecialTokensInText::kMatch) {
    for (const SpecialMatch& match : find_special_names(whole, library_->names)) {
      encode_until(match.begin);
      spans.push_back({match.id, match.begin, match.end});
      begin = match.end;
    }
  }
  encode_until(whole.size());
  return tokens_at(text, repaired, spans);
}

std::string SentencePieceTokenizer::decode(std::span<const TokenId> ids, bool skip_special) const {
  std::string text;
  bool is_first = true;
  for (const TokenId id : ids) {
    require_id(*this, id);
    if (skip_special && is_special(id)) continue;
    const std::string_view next = piece(id);
    for (std::size_t at = 0; at < next.size();) {
      const std::size_t mark = std::min(next.find(kSpaceMark, at), next.size());
      text += next.substr(at, mark - at);
      if (mark < next.size() && !is_first) text += ' ';
      at = mark + kSpaceMark.size();
    }
    is_first = false;
  }
  return text;
}

std::string SentencePieceTokenizer::fingerprint() const {
  std::string everything = "sentencepiece\n";
  for (const std::string* name : {&config_.pad_token, &config_.cls_token, &config_.sep_token, &config_.mask_token})
    everything += *name + "\n";
  return content_hash(everything + model_);
}

void SentencePieceTokenizer::save(const std::filesystem::path& folder, std::int64_t max_length) const {
  require_folder(folder);
  using namespace tokenizer_json;
  write_file_atomic(folder / kSentencePieceModelName, model_);
  write_object(folder / "tokenizer.json", make_sentencepiece_json(library_->model, config_, special_tokens_));
  write_object(folder / "tokenizer_config.json", make_sentencepiece_config(config_, max_length));
  write_object(folder / "special_tokens_map.json", make_special_tokens_map(config_));
}

void SentencePieceTokenizer::require_same_pieces(const std::filesystem::path& path) const {
  tokenizer_json::require_pieces_of(library_->model, tokenizer_json::read_object(path), path.string());
}

}  // namespace bertforge
