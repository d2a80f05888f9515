#include "token_lines.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "bertforge/base/error.h"
#include "bertforge/base/streams.h"
#include "bertforge/formats/json.h"
#include "bertforge/text/line_source.h"

namespace bertforge {
namespace {

void append_number(std::string& output, std::int64_t number) {
  char digits[20];
  const auto [end, status] = std::to_chars(std::begin(digits), std::end(digits), number);
  output.append(digits, static_cast<std::size_t>(end - digits));
}

// The ids of lines and of parts of them: white space, where lines are cut, ends a word in every tokenizer.
// append_tokens(ids, begins_line, output) prints them.
template <class AppendTokens>
LineFunction without_offsets(const Tokenizer& tokenizer, const TokenLineOptions& options, AppendTokens append_tokens) {
  return [&tokenizer, options, append_tokens, ids = std::vector<TokenId>()](const LinePart& line,
                                                                            std::string& output) mutable {
    ids.clear();
    if (options.add_special && line.begins_line) ids.push_back(tokenizer.special_tokens().cls);
    tokenizer.encode(line.text, ids, options.specials);
    if (options.add_special && line.ends_line) ids.push_back(tokenizer.special_tokens().sep);
    append_tokens(ids, line.begins_line, output);
  };
}

// Written past std::string's own appending, which would take longer than encoding does.
void append_ids(const std::vector<TokenId>& ids, bool begins_line, std::string& output) {
  constexpr std::size_t kMostDigits = 10;
  const std::size_t size = output.size();
  output.resize(size + ids.size() * (1 + kMostDigits));
  char* end = output.data() + size;
  for (const TokenId id : ids) {
    if (!std::exchange(begins_line, false)) *end++ = ' ';
    end = std::to_chars(end, end + kMostDigits, static_cast<std::uint32_t>(id)).ptr;
  }
  output.resize(static_cast<std::size_t>(end - output.data()));
}

LineFunction ids_function(const Tokenizer& tokenizer, const TokenLineOptions& options) {
  return without_offsets(tokenizer, options, append_ids);
}

LineFunction tokens_function(const Tokenizer& tokenizer, const TokenLineOptions& options) {
  return without_offsets(tokenizer, options,
                         [&tokenizer](const std::vector<TokenId>& ids, bool begins_line, std::string& output) {
                           for (const TokenId id : ids) {
                             if (!std::exchange(begins_line, false)) output += ' ';
                             output += tokenizer.piece(id);
                           }
                         });
}

// The tokens of a whole line with their places, [CLS] and [SEP] at 0:0.
std::vector<Token> tokens_of(const Tokenizer& tokenizer, const TokenLineOptions& options, const LinePart& line) {
  if (!line.is_whole()) refuse_long_line(concat(input_name(options.input), ":", line.number));
  std::vector<Token> tokens = tokenizer.encode_with_offsets(line.text, options.specials);
  if (options.add_special) {
    tokens.insert(tokens.begin(), Token{.id = tokenizer.special_tokens().cls});
    tokens.push_back(Token{.id = tokenizer.special_tokens().sep});
  }
  return tokens;
}

LineFunction offsets_function(const Tokenizer& tokenizer, const TokenLineOptions& options) {
  return [&tokenizer, options](const LinePart& line, std::string& output) {
    bool is_first = true;
    for (const Token& token : tokens_of(tokenizer, options, line)) {
      if (!std::exchange(is_first, false)) output += ' ';
      output += tokenizer.piece(token.id);
      append_number(output += ':', token.char_begin);
      append_number(output += ':', token.char_end);
    }
  };
}

LineFunction json_function(const Tokenizer& tokenizer, const TokenLineOptions& options) {
  return [&tokenizer, options](const LinePart& line, std::string& output) {
    nlohmann::json object = {{"ids", nlohmann::json::array()},
                             {"tokens", nlohmann::json::array()},
                             {"offsets", nlohmann::json::array()},
                             {"byte_offsets", nlohmann::json::array()}};
    for (const Token& token : tokens_of(tokenizer, options, line)) {
      object["ids"].push_back(token.id);
      object["tokens"].push_back(tokenizer.piece(token.id));
      object["offsets"].push_back({token.char_begin, token.char_end});
      object["byte_offsets"].push_back({token.byte_begin, token.byte_end});
    }
    output += dump_json_line(object);
  };
}

}  // namespace

const std::vector<TokenFormat>& token_formats() {
  static const std::vector<TokenFormat> formats = {
      {"ids", "numbers", ids_function},
      {"tokens", "pieces", tokens_function},
      {"offsets", "PIECE:BEGIN:END, in characters (code points) of the line, from 0, END behind the last",
       offsets_function},
      {"json", "an object with ids, tokens, offsets (in characters) and byte_offsets (in bytes)", json_function},
  };
  return formats;
}

std::vector<std::string> token_format_names() {
  std::vector<std::string> names;
  for (const TokenFormat& format : token_formats()) names.push_back(format.name);
  return names;
}

std::string token_format_help() {
  std::string help;
  for (const TokenFormat& format : token_formats())
    help += (help.empty() ? "" : "; ") + format.name + ": " + format.help;
  return help;
}

const TokenFormat& find_token_format(const std::string& name) {
  return *std::ranges::find(token_formats(), name, &TokenFormat::name);
}

}  // namespace bertforge
