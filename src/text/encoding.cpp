#include "bertforge/text/encoding.h"

#include <algorithm>

#include "bertforge/base/error.h"
#include "bertforge/base/round_up.h"

namespace bertforge {

namespace {

using Tokens = std::span<const Token>;

std::int64_t num_special(bool is_pair) { return is_pair ? 3 : 2; }

void require_token(TokenId id, const char* name) {
  if (id < 0) fail(ErrorKind::kInput, "the vocabulary has no ", name, " token, which encodings need");
}

// Room that is not enough for both: half for each, the odd token for the second text unless the first is the longer one.
// A text shorter than its half leaves the rest to the other.
std::int64_t longest_first(std::int64_t num_first, std::int64_t num_second, std::int64_t room) {
  const std::int64_t shorter = std::min(num_first, num_second), half = room / 2;
  const std::int64_t of_shorter = std::min(shorter, half);
  return num_first <= num_second ? of_shorter : room - of_shorter;
}

}  // namespace

std::vector<std::string> truncation_strategies() {
  return {"longest_first", "only_first", "only_second", "round_robin", "waterfall"};
}

void EncodingOptions::validate() const {
  const auto require = [](bool is_right, const char* what, std::int64_t found, int expected) {
    if (!is_right) fail(ErrorKind::kUsage, what, " is ", found, "; ", expected, " or more is expected");
  };
  if (truncation) {
    require(truncation->max_length >= 1, "max_length", truncation->max_length, 1);
    require(truncation->stride >= 0, "stride", truncation->stride, 0);
  }
  if (padding) {
    require(padding->length >= 0, "the length of padding", padding->length, 0);
    require(padding->multiple_of >= 1, "the multiple of padding", padding->multiple_of, 1);
  }
}

TextEncoder::TextEncoder(const Tokenizer& tokenizer, const EncodingOptions& options)
    : tokenizer_(tokenizer), options_(options) {
  options.validate();
  const SpecialTokens& ids = tokenizer.special_tokens();
  if (options.add_special) require_token(ids.cls, "classification"), require_token(ids.sep, "separator");
  if (options.padding) require_token(ids.pad, "padding");
  if (!options.truncation) return;
  const std::int64_t most = room(/*is_pair=*/false);
  if (options.truncation->stride >= most) {
    fail(ErrorKind::kUsage, "stride is ", options.truncation->stride, ", but max_length leaves room for ", most,
         " tokens of a text; fewer are expected");
  }
}

std::vector<Token> TextEncoder::tokens_of(std::string_view text) const {
  if (options_.with_offsets) return tokenizer_.encode_with_offsets(text, options_.specials);
  std::vector<TokenId> ids;
  tokenizer_.encode(text, ids, options_.specials);
  std::vector<Token> tokens(ids.size());
  std::ranges::transform(ids, tokens.begin(), [](TokenId id) { return Token{.id = id}; });
  return tokens;
}

EncodingParts TextEncoder::encode(std::string_view text, std::optional<std::string_view> second) const {
  const std::vector<Token> a = tokens_of(text), b = second ? tokens_of(*second) : std::vector<Token>();
  std::vector<Tokens> a_parts = {a}, b_parts = {b};
  if (options_.truncation) {
    const Sizes keep = divide({std::ssize(a), std::ssize(b)}, room(second.has_value()));
    a_parts = cut(a, keep.first), b_parts = cut(b, keep.second);
  }
  EncodingParts parts;
  const auto add = [&](Tokens of_a, Tokens of_b) {
    parts.push_back(join(of_a, second ? std::optional(of_b) : std::nullopt));
  };
  // The reference's order: the first parts of both; each later part of A with all of B's; A's first with the rest of B's.
  add(a_parts[0], b_parts[0]);
  for (std::size_t i = 1; i < a_parts.size(); ++i) {
    for (const Tokens& of_b : b_parts) add(a_parts[i], of_b);
  }
  for (std::size_t j = 1; j < b_parts.size(); ++j) add(a_parts[0], b_parts[j]);
  if (options_.padding && options_.padding->length > 0) pad({&parts, 1});
  return parts;
}

std::int64_t TextEncoder::room(bool is_pair) const {
  const std::int64_t added = options_.add_special ? num_special(is_pair) : 0, needed = added + (is_pair ? 2 : 1);
  if (options_.truncation->max_length < needed) {
    fail(ErrorKind::kUsage, "max_length is ", options_.truncation->max_length, "; ", is_pair ? "a pair" : "a text",
         " needs ", needed, " at least", added > 0 ? ", special tokens included" : "");
  }
  return options_.truncation->max_length - added;
}

TextEncoder::Sizes TextEncoder::divide(const Sizes& sizes, std::int64_t room) const {
  const auto first = sizes.first, second = sizes.second;  // Not bound: clang 14 lets no lambda see those.
  const std::int64_t too_many = first + second - room;
  if (too_many <= 0) return sizes;
  const auto shorten = [&](std::int64_t size, const char* which) {
    if (size > too_many) return size - too_many;
    fail(ErrorKind::kInput, first + second, " tokens, where ", room, " fit, and the ", which,
         " text, which alone is cut, has ", size, "; another truncation strategy cuts both");
  };
  const auto fill_up = [&](std::int64_t kept) { return Sizes{kept, room - kept}; };
  switch (options_.truncation->strategy) {
    case TruncationStrategy::kOnlyFirst:
      return {shorten(first, "first"), second};
    case TruncationStrategy::kOnlySecond:
      return {first, shorten(second, "second")};
    case TruncationStrategy::kRoundRobin:
      return fill_up(std::min(first, std::max((room + 1) / 2, room - second)));
    case TruncationStrategy::kWaterfall:
      return fill_up(std::min(first, room));
    case TruncationStrategy::kLongestFirst:
      break;
  }
  return fill_up(longest_first(first, second, room));
}

// The parts of `size` tokens, each `stride` tokens into the one before; the last ends with the text, or begins with it.
std::vector<Tokens> TextEncoder::cut(Tokens tokens, std::int64_t size) const {
  const std::int64_t total = std::ssize(tokens), stride = options_.truncation->stride;
  if (size >= total) return {tokens};
  if (size == 0) return {Tokens()};
  if (stride >= size) {
    fail(ErrorKind::kInput, "stride is ", stride, ", but a part of this text has ", size,
         " tokens; fewer are expected");
  }
  const bool from_left = options_.truncation->side == Side::kRight;
  std::vector<Tokens> parts;
  for (std::int64_t done = 0; done < total; done += size - stride) {
    const std::int64_t length = std::min(size, total - done);
    const std::int64_t begin = from_left ? done : total - done - length;
    parts.push_back(tokens.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(length)));
    if (done + length == total) break;
  }
  return parts;
}

Encoding TextEncoder::join(Tokens first, std::optional<Tokens> second) const {
  Encoding encoding;
  const auto add = [&](const Token& token, std::int32_t type, bool is_special) {
    encoding.tokens.push_back(token);
    encoding.type_ids.push_back(type);
    encoding.attention_mask.push_back(1);
    encoding.special_tokens_mask.push_back(is_special);
  };
  const auto add_special = [&](TokenId id, std::int32_t type) {
    if (options_.add_special) add(Token{.id = id}, type, true);
  };
  const SpecialTokens& ids = tokenizer_.special_tokens();
  add_special(ids.cls, 0);
  for (const Token& token : first) add(token, 0, false);
  add_special(ids.sep, 0);
  if (second) {
    for (const Token& token : *second) add(token, 1, false);
    add_special(ids.sep, 1);
  }
  return encoding;
}

void TextEncoder::pad(std::span<EncodingParts> batch) const {
  if (!options_.padding) return;
  std::int64_t length = options_.padding->length;
  if (length == 0) {
    for (const EncodingParts& parts : batch) length = std::max(length, std::ssize(parts.front().tokens));
  }
  length = round_up(length, options_.padding->multiple_of);
  for (EncodingParts& parts : batch) {
    for (Encoding& encoding : parts) pad_to(length, encoding);
  }
}

void TextEncoder::pad_to(std::int64_t length, Encoding& encoding) const {
  const std::int64_t missing = length - std::ssize(encoding.tokens);
  if (missing <= 0) return;
  const auto fill = [&](auto& values, const auto& value) {
    const auto place = options_.padding->side == Side::kRight ? values.end() : values.begin();
    values.insert(place, static_cast<std::size_t>(missing), value);
  };
  fill(encoding.tokens, Token{.id = tokenizer_.special_tokens().pad});
  fill(encoding.type_ids, 0);
  fill(encoding.attention_mask, 0);
  fill(encoding.special_tokens_mask, 1);
}

}  // namespace bertforge
