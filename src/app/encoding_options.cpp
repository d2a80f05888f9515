#include "encoding_options.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "bertforge/base/error.h"
#include "bertforge/base/streams.h"
#include "bertforge/formats/json.h"
#include "bertforge/text/line_source.h"

namespace bertforge {
namespace {

using nlohmann::json;

Side side_called(const std::string& name) { return name == "left" ? Side::kLeft : Side::kRight; }

TruncationStrategy strategy_called(const std::string& name) {
  const std::vector<std::string> names = truncation_strategies();
  return static_cast<TruncationStrategy>(std::ranges::find(names, name) - names.begin());
}

json json_of(const Tokenizer& tokenizer, const Encoding& encoding) {
  json object = {{"type_ids", encoding.type_ids},
                 {"attention_mask", encoding.attention_mask},
                 {"special_tokens_mask", encoding.special_tokens_mask}};
  for (const char* key : {"ids", "tokens", "offsets", "byte_offsets"}) object[key] = json::array();
  for (const Token& token : encoding.tokens) {
    object["ids"].push_back(token.id);
    object["tokens"].push_back(tokenizer.piece(token.id));
    object["offsets"].push_back({token.char_begin, token.char_end});
    object["byte_offsets"].push_back({token.byte_begin, token.byte_end});
  }
  return object;
}

std::string token_text(const Tokenizer& tokenizer, const Token& token, const std::string& format) {
  if (format == "ids") return std::to_string(token.id);
  if (format == "tokens") return tokenizer.piece(token.id);
  return concat(tokenizer.piece(token.id), ":", token.char_begin, ":", token.char_end);
}

void append_line(const Tokenizer& tokenizer, const std::string& format, bool overflowing, const EncodingParts& parts,
                 std::string& output) {
  const Encoding& encoding = parts.front();
  if (format != "json") {
    for (const Token& token : encoding.tokens) {
      if (&token != encoding.tokens.data()) output += ' ';
      output += token_text(tokenizer, token, format);
    }
    return;
  }
  json object = json_of(tokenizer, encoding);
  if (overflowing) {
    object["overflowing"] = json::array();
    for (std::size_t i = 1; i < parts.size(); ++i) object["overflowing"].push_back(json_of(tokenizer, parts[i]));
  }
  output += dump_json_line(object);
}

// A line with its place in front of what is wrong with it.
EncodingParts encode_line(const TextEncoder& encoder, std::string_view text, bool is_pair, const std::string& where) {
  const std::size_t tab = is_pair ? text.find('\t') : std::string_view::npos;
  const bool has_second = tab != std::string_view::npos;
  try {
    const auto second = has_second ? std::optional(text.substr(tab + 1)) : std::nullopt;
    EncodingParts parts = encoder.encode(has_second ? text.substr(0, tab) : text, second);
    encoder.pad({&parts, 1});  // A line is a batch of its own.
    return parts;
  } catch (const Error& error) {
    fail(error.kind(), where, ": ", error.what());
  }
}

}  // namespace

EncodingOptions EncodingFlags::options(const TokenLineOptions& line_options) const {
  EncodingOptions options{.add_special = line_options.add_special, .specials = line_options.specials};
  if (max_length) {
    options.truncation = {.max_length = *max_length,
                          .strategy = strategy_called(truncation),
                          .side = side_called(truncation_side),
                          .stride = stride};
  }
  if (pad || pad_to_multiple_of > 1) {
    options.padding = {
        .length = pad ? *max_length : 0, .multiple_of = pad_to_multiple_of, .side = side_called(pad_side)};
  }
  return options;
}

void add_encoding_options(CommandLine& line, EncodingFlags& flags) {
  FieldList& options = line.options();
  options.add("--pair", flags.is_pair, "A TAB parts a line into a pair of texts; a line without is one text");
  line.optional("--max-length", flags.max_length, "Longest encoding in tokens, special ones included", "no limit",
                {.min = 1});
  options.add("--truncation", flags.truncation, "Which text of a pair loses tokens", truncation_strategies());
  options.add("--truncation-side", flags.truncation_side, "Where tokens are cut off", {"right", "left"});
  options.add("--stride", flags.stride, "Tokens that a part that was cut off shares with the part before it",
              {.min = 0});
  options.add("--overflowing", flags.overflowing, "With --format json: the parts that were cut off as well");
  options.add("--pad", flags.pad, "Fill up to --max-length with [PAD]");
  options.add("--pad-to-multiple-of", flags.pad_to_multiple_of, "Fill up to a length that is a multiple", {.min = 1});
  options.add("--pad-side", flags.pad_side, "Where padding stands", {"right", "left"});
  for (const char* option : {"--truncation", "--truncation-side", "--overflowing", "--pad"}) {
    line.needs(option, {"--max-length"});
  }
  line.needs("--stride", {"--overflowing"});
  line.needs("--pad-side", {"--pad", "--pad-to-multiple-of"});
}

LineFunction encoding_function(const Tokenizer& tokenizer, const std::string& format,
                               const TokenLineOptions& line_options, const EncodingFlags& flags) {
  if (flags.overflowing && format != "json") {
    fail(ErrorKind::kUsage, "tokenize: --overflowing has no effect without --format json");
  }
  EncodingOptions options = flags.options(line_options);
  options.with_offsets = format == "offsets" || format == "json";
  const auto encoder = std::make_shared<const TextEncoder>(tokenizer, options);
  return [&tokenizer, encoder, format, flags, input = line_options.input](const LinePart& line, std::string& output) {
    const std::string where = concat(input_name(input), ":", line.number);
    if (!line.is_whole()) refuse_long_line(where);
    append_line(tokenizer, format, flags.overflowing, encode_line(*encoder, line.text, flags.is_pair, where), output);
  };
}

}  // namespace bertforge
