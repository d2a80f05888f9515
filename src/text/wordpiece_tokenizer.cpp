#include "bertforge/text/wordpiece_tokenizer.h"

#include <algorithm>
#include <utility>

#include "bertforge/base/error.h"
#include "bertforge/base/field_list.h"
#include "bertforge/base/files.h"
#include "bertforge/text/unicode.h"
#include "fast_wordpiece.h"
#include "piece_texts.h"
#include "require_id.h"
#include "special_matches.h"

namespace bertforge {

namespace {

TokenizerConfig validated(TokenizerConfig config) {
  config.validate();
  return config;
}

TokenId find_or_none(const Vocabulary& vocabulary, const std::string& piece) {
  return vocabulary.find(piece).value_or(-1);
}

SpecialTokens look_up_special_tokens(const Vocabulary& vocabulary, const TokenizerConfig& config,
                                     const std::string& origin) {
  const SpecialTokens found{.pad = find_or_none(vocabulary, config.pad_token),
                            .unknown = find_or_none(vocabulary, config.unknown_token),
                            .cls = find_or_none(vocabulary, config.cls_token),
                            .sep = find_or_none(vocabulary, config.sep_token),
                            .mask = find_or_none(vocabulary, config.mask_token)};
  if (found.unknown < 0) {
    fail(ErrorKind::kInput, origin, ": no line \"", config.unknown_token,
         "\"; a WordPiece vocabulary has a piece for unknown words (--unknown-token names another)");
  }
  return found;
}

std::vector<TokenId> look_up_special_ids(const Vocabulary& vocabulary, const SpecialTokens& tokens,
                                         const TokenizerConfig& config, const std::string& origin) {
  std::vector<TokenId> ids = {tokens.pad, tokens.unknown, tokens.cls, tokens.sep, tokens.mask};
  std::erase(ids, -1);
  for (const std::string& token : config.extra_special_tokens) {
    const auto id = vocabulary.find(token);
    if (!id) {
      fail(ErrorKind::kInput, origin, ": no line \"", token,
           "\"; what extra_special_tokens names must be in the vocabulary");
    }
    ids.push_back(*id);
  }
  return ids;
}

}  // namespace

WordPieceTokenizer::WordPieceTokenizer(Vocabulary vocabulary, const TokenizerConfig& config, const std::string& origin)
    : config_(validated(config)),
      vocabulary_(std::move(vocabulary)),
      words_(config.normalizer_options(), config.split),
      special_tokens_(look_up_special_tokens(vocabulary_, config, origin)),
      special_ids_(look_up_special_ids(vocabulary_, special_tokens_, config, origin)),
      wordpiece_(vocabulary_, special_tokens_.unknown, config.suffix_indicator,
                 {.max_size = config.max_word_chars, .in_bytes = config.limits_bytes()}) {
  for (const TokenId id : special_ids_) special_names_.push_back({piece(id), id});
  make_fast_path();
}

WordPieceTokenizer::~WordPieceTokenizer() = default;

bool WordPieceTokenizer::is_special(TokenId id) const {
  return std::ranges::find(special_ids_, id) != special_ids_.end();
}

// White space ends a word with every setting. A token that has some in it would be cut in two where tokens are matched.
bool WordPieceTokenizer::can_be_cut_at_spaces(SpecialTokensInText specials) const {
  return specials == SpecialTokensInText::kAreText ||
         std::ranges::none_of(special_ids_, [&](TokenId id) { return has_space(piece(id)); });
}

template <class OnText, class OnSpecial>
void WordPieceTokenizer::for_each_part(std::string_view text, SpecialTokensInText specials, OnText on_text,
                                       OnSpecial on_special) const {
  std::size_t begin = 0;
  if (specials == SpecialTokensInText::kMatch) {
    for (const SpecialMatch& match : find_special_names(text, special_names_)) {
      on_text(begin, match.begin);
      on_special(match);
      begin = match.end;
    }
  }
  on_text(begin, text.size());
}

void WordPieceTokenizer::encode_plainly(std::string_view text, std::vector<TokenId>& ids,
                                        SpecialTokensInText specials) const {
  for_each_part(
      text, specials, [&](std::size_t begin, std::size_t end) { encode_text(text.substr(begin, end - begin), ids); },
      [&](const SpecialMatch& match) { ids.push_back(match.id); });
}

void WordPieceTokenizer::encode_text(std::string_view text, std::vector<TokenId>& ids) const {
  Words words;
  std::vector<WordPart> parts;
  words_.extract(text, words);
  for (const std::string_view word : words.words) {
    parts.clear();
    wordpiece_.encode(word, parts);
    for (const WordPart& part : parts) ids.push_back(part.id);
  }
}

std::vector<Token> WordPieceTokenizer::encode_with_offsets(std::string_view text, SpecialTokensInText specials) const {
  std::vector<Token> tokens;
  Token at;  // Where the next part begins.
  const auto advance = [&](std::size_t byte_end) {
    const auto num_chars = count_code_points(text.substr(at.byte_begin, byte_end - at.byte_begin));
    at.byte_begin = static_cast<std::uint32_t>(byte_end);
    at.char_begin += static_cast<std::uint32_t>(num_chars);
  };
  for_each_part(
      text, specials,
      [&](std::size_t begin, std::size_t end) {
        encode_text_with_offsets(text.substr(begin, end - begin), at, tokens);
        advance(end);
      },
      [&](const SpecialMatch& match) {
        Token token = at;
        advance(match.end);
        token.id = match.id, token.byte_end = at.byte_begin, token.char_end = at.char_begin;
        tokens.push_back(token);
      });
  return tokens;
}

void WordPieceTokenizer::encode_text_with_offsets(std::string_view text, const Token& origin,
                                                  std::vector<Token>& tokens) const {
  Words words;
  std::vector<WordPart> parts;
  words_.extract_with_sources(text, words);
  for (const std::string_view word : words.words) {
    parts.clear();
    wordpiece_.encode(word, parts);
    const SourceSpan* sources = words.sources_of(word);
    for (const WordPart& part : parts) {
      const SourceSpan &first = sources[part.begin], &last = sources[part.end - 1];
      tokens.push_back({part.id, origin.byte_begin + first.byte_begin, origin.byte_begin + last.byte_end,
                        origin.char_begin + first.char_begin, origin.char_begin + last.char_end});
    }
  }
}

std::string WordPieceTokenizer::decode(std::span<const TokenId> ids, bool skip_special) const {
  std::call_once(piece_texts_made_, [this] {
    piece_texts_ = std::make_unique<PieceTexts>(vocabulary_, config_.suffix_indicator, find_compat(config_.compat));
  });
  std::string text;
  bool first = true;
  for (const TokenId id : ids) {
    require_id(*this, id);
    if (skip_special && is_special(id)) continue;
    text += std::exchange(first, false) ? piece_texts_->first(id) : piece_texts_->later(id);
  }
  return text;
}

bool WordPieceTokenizer::continues_word(TokenId id) const {
  const std::string& text = piece(id);
  return text.size() > config_.suffix_indicator.size() && text.starts_with(config_.suffix_indicator) && !is_special(id);
}

// NOTE: fields that came later count only where they differ from what was there before them, so that datasets and checkpoints
// made then keep their fingerprint. Special tokens in text are not encoded unless asked for: extra ones never count.
std::string WordPieceTokenizer::fingerprint() const {
  TokenizerConfig settings = config_;
  settings.strip_accents = config_.normalizer_options().strip_accents ? "true" : "false";
  FieldList fields;
  visit_fields(settings, fields);
  std::string everything = "wordpiece " + config_.compat + "\n";
  for (const Field& field : fields.fields()) {
    const bool is_implied = field.path == "compat" || field.path == "extra_special_tokens";
    if (is_implied || (field.path == "split" && config_.split)) continue;
    everything += field.path + " = " + field.value_as_toml() + "\n";
  }
  return content_hash(everything + vocabulary_.to_text());
}

}  // namespace bertforge
