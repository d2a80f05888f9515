// How WordPieceTokenizer chooses between its plain and its fast path.

#include <algorithm>

#include "bertforge/base/error.h"
#include "bertforge/text/char_table.h"
#include "bertforge/text/unicode.h"
#include "bertforge/text/wordpiece_tokenizer.h"
#include "fast_wordpiece.h"
#include "special_matches.h"

namespace bertforge {

namespace {

constexpr std::string_view kCapitalSigma = "\u03A3";

// Case folding composes what stands together. Marks that accents are stripped of are put in order first (NFD), so one that
// stays depends on those beside it; they do not reach beyond the chunk, which white space or punctuation ends.
CodePointWords::MindsNeighbours minds_neighbours(const TokenizerConfig& config) {
  if (config.compat == "keras" && config.lowercase) return [](char32_t code, std::string_view) { return code >= 0x80; };
  if (!config.normalizer_options().strip_accents) return [](char32_t, std::string_view) { return false; };
  return [&table = CharTable::of(find_compat(config.compat))](char32_t, std::string_view becomes) {
    for (std::size_t position = 0; position < becomes.size();) {
      if (table[decode_utf8(becomes, position)].combining_class != 0) return true;
    }
    return false;
  };
}

}  // namespace

void WordPieceTokenizer::make_fast_path() {
  PlainPath plain;
  plain.words_of = [this](std::string_view text) {
    Words words;
    words_.extract(text, words);
    return std::vector<std::string>(words.words.begin(), words.words.end());
  };
  plain.encode = [this](std::string_view text, std::vector<TokenId>& ids) { encode_text(text, ids); };
  plain.minds_neighbours = minds_neighbours(config_);
  fast_ =
      FastWordPiece::make(vocabulary_, wordpiece_, std::move(plain), config_.suffix_indicator, config_.max_word_chars);
  if (fast_) path_ = fastest_encoder_path();
}

void WordPieceTokenizer::choose_encoder_path(EncoderPath path) {
  const auto entry = std::ranges::find(encoder_paths(), path, &NamedEncoderPath::path);
  if (!entry->is_supported) fail(ErrorKind::kUsage, "this CPU lacks the instructions of encoder path ", entry->name);
  path_ = fast_ ? path : EncoderPath::kPlain;
}

std::size_t WordPieceTokenizer::encoder_memory_bytes() const { return fast_ ? fast_->memory_bytes() : 0; }

// Texts that the plain path takes whole: those in which special tokens are found; where NUL is a character of words, which the
// cache cannot tell from what follows a short chunk; and those with a capital sigma, whose lower case Google's tokenizer
// chooses by letters that may stand behind punctuation.
EncoderExceptions WordPieceTokenizer::exceptions(SpecialTokensInText specials) const {
  const bool matches_specials = specials == SpecialTokensInText::kMatch;
  const bool minds_nul = fast_->minds_nul();
  const bool minds_sigma = config_.compat == "google" && config_.lowercase;
  if (!matches_specials && !minds_nul && !minds_sigma) return {};
  return {
      .is_exception =
          [=, this](std::string_view text) {
            return (minds_nul && text.find('\0') != std::string_view::npos) ||
                   (minds_sigma && text.find(kCapitalSigma) != std::string_view::npos) ||
                   (matches_specials && !find_special_names(text, special_names_).empty());
          },
      .encode = [=, this](std::string_view text, std::vector<TokenId>& ids) { encode_plainly(text, ids, specials); }};
}

void WordPieceTokenizer::encode(std::string_view text, std::vector<TokenId>& ids, SpecialTokensInText specials) const {
  if (path_ == EncoderPath::kPlain) return encode_plainly(text, ids, specials);
  fast_->encode(text, exceptions(specials), path_, ids);
}

void WordPieceTokenizer::encode_batch(std::span<const std::string_view> texts, int num_threads, TokenBatch& batch,
                                      SpecialTokensInText specials) const {
  if (path_ == EncoderPath::kPlain) return Tokenizer::encode_batch(texts, num_threads, batch, specials);
  fast_->encode_batch(texts, exceptions(specials), path_, num_threads, batch);
}

}  // namespace bertforge
