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

// The line's place in front of messages about it.
std::string where(const TokenLineOptions& options, const LinePart& line) {
  return concat(input_name(options.input), ":", line.number);
}

// Takes a beginning from `rest`, so that what encoding a long line needs stays small: for tokenizers that can be cut at spaces.
std::string_view take_beginning(std::string_view& rest) {
  constexpr std::size_t kEnough = std::size_t{1} << 20;
  std::size_t size = rest.size();
  if (size > kEnough) {
    const std::size_t space = rest.find_last_of(" \t\r", kEnough - 1);
    if (space != std::string_view::npos) size = space + 1;
  }
  const std::string_view beginning = rest.substr(0, size);
  rest.remove_prefix(size);
  return beginning;
}

// Lines of ids, and parts of them. append_tokens(ids, is_begin, output) prints some, which begin the line or follow others.
template <class AppendTokens>
LineFunction without_offsets(const Tokenizer& tokenizer, const TokenLineOptions& options, AppendTokens append_tokens) {
  return [&tokenizer, options, append_tokens, can_be_cut = tokenizer.can_be_cut_at_spaces(options.specials),
          ids = std::vector<TokenId>()](const LinePart& line, std::string& output) mutable {
    if (!can_be_cut && !line.is_whole()) refuse_long_line(where(options, line));
    ids.clear();
    bool is_begin = line.begins_line;
    if (options.add_special && line.begins_line) ids.push_back(tokenizer.special_tokens().cls);
    std::string_view rest = line.text;
    do {
      const std::string_view part = can_be_cut ? take_beginning(rest) : std::exchange(rest, {});
      tokenizer.encode(part, ids, options.specials);
      if (options.add_special && line.ends_line && rest.empty()) ids.push_back(tokenizer.special_tokens().sep);
      append_tokens(ids, is_begin, output);
      is_begin = is_begin && ids.empty();
      ids.clear();
    } while (!rest.empty());
  };
}

// Written past std::string's own appending, which would take longer than encoding does.
void append_ids(const std::vector<TokenId>& ids, bool is_begin, std::string& output) {
  constexpr std::size_t kMostDigits = 10;
  const std::size_t size = output.size();
  output.resize(size + ids.size() * (1 + kMostDigits));
  char* end = output.data() + size;
  for (const TokenId id : ids) {
    if (!std::exchange(is_begin, false)) *end++ = ' ';
    end = std::to_chars(end, end + kMostDigits, static_cast<std::uint32_t>(id)).ptr;
  }
  output.resize(static_cast<std::size_t>(end - output.data()));
}

LineFunction ids_function(const Tokenizer& tokenizer, const TokenLineOptions& options) {
  return without_offsets(tokenizer, options, append_ids);
}

LineFunction tokens_function(const Tokenizer& tokenizer, const TokenLineOptions& options) {
  return without_offsets(tokenizer, options,
                         [&tokenizer](const std::vector<TokenId>& ids, bool is_begin, std::string& output) {
                           for (const TokenId id : ids) {
                             if (!std::exchange(is_begin, false)) output += ' ';
                             output += tokenizer.piece(id);
                           }
                         });
}

// The tokens of a whole line with their places, [CLS] and [SEP] at 0:0.
std::vector<Token> tokens_of(const Tokenizer& tokenizer, const TokenLineOptions& options, const LinePart& line) {
  if (!line.is_whole()) refuse_long_line(where(options, line));
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

// Pieces as JSON has them, each made when it is first met: what a token costs is not the library's.
class QuotedPieces {
 public:
  explicit QuotedPieces(const Tokenizer& tokenizer) : tokenizer_(&tokenizer) {}

  const std::string& operator()(TokenId id) {
    const auto i = static_cast<std::size_t>(id);
    if (i >= quoted_.size()) quoted_.resize(i + 1);
    if (quoted_[i].empty()) quoted_[i] = dump_json_line(tokenizer_->piece(id));
    return quoted_[i];
  }

 private:
  const Tokenizer* tokenizer_;
  std::vector<std::string> quoted_;
};

// "NAME":[...], with what append_item(token) writes for each.
template <class AppendItem>
void append_list(std::string& output, std::string_view name, const std::vector<Token>& tokens, AppendItem append_item) {
  output.append("\"").append(name).append("\":[");
  for (const Token& token : tokens) {
    if (&token != tokens.data()) output += ',';
    append_item(token);
  }
  output += ']';
}

LineFunction json_function(const Tokenizer& tokenizer, const TokenLineOptions& options) {
  return [&tokenizer, options, quoted = QuotedPieces(tokenizer)](const LinePart& line, std::string& output) mutable {
    const std::vector<Token> tokens = tokens_of(tokenizer, options, line);
    const auto append_pair = [&](std::uint32_t begin, std::uint32_t end) {
      append_number(output += '[', begin);
      append_number(output += ',', end);
      output += ']';
    };
    output += '{';
    append_list(output, "byte_offsets", tokens, [&](const Token& t) { append_pair(t.byte_begin, t.byte_end); });
    append_list(output += ',', "ids", tokens, [&](const Token& t) { append_number(output, t.id); });
    append_list(output += ',', "offsets", tokens, [&](const Token& t) { append_pair(t.char_begin, t.char_end); });
    append_list(output += ',', "tokens", tokens, [&](const Token& t) { output += quoted(t.id); });
    output += '}';
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
