// bertforge tokenize --vocab FILE|DIR [INPUT|-] --format ids|tokens|offsets|json

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "bertforge/app/common_options.h"
#include "bertforge/base/error.h"
#include "bertforge/formats/json.h"
#include "bertforge/text/tokenizer_folder.h"
#include "command_functions.h"
#include "lines.h"

namespace bertforge {
namespace {

struct TokenFormat {
  std::string name, help;
  std::string (*line)(const Tokenizer& tokenizer, const std::vector<Token>& tokens);
};

template <class ToText>
std::string join(const std::vector<Token>& tokens, ToText to_text) {
  std::string line;
  for (const Token& token : tokens) line += (line.empty() ? "" : " ") + to_text(token);
  return line;
}

std::string ids_line(const Tokenizer&, const std::vector<Token>& tokens) {
  return join(tokens, [](const Token& token) { return std::to_string(token.id); });
}

std::string tokens_line(const Tokenizer& tokenizer, const std::vector<Token>& tokens) {
  return join(tokens, [&](const Token& token) { return tokenizer.piece(token.id); });
}

std::string offsets_line(const Tokenizer& tokenizer, const std::vector<Token>& tokens) {
  return join(tokens, [&](const Token& token) {
    return concat(tokenizer.piece(token.id), ":", token.char_begin, ":", token.char_end);
  });
}

std::string json_line(const Tokenizer& tokenizer, const std::vector<Token>& tokens) {
  nlohmann::json object = {{"ids", nlohmann::json::array()},
                           {"tokens", nlohmann::json::array()},
                           {"offsets", nlohmann::json::array()},
                           {"byte_offsets", nlohmann::json::array()}};
  for (const Token& token : tokens) {
    object["ids"].push_back(token.id);
    object["tokens"].push_back(tokenizer.piece(token.id));
    object["offsets"].push_back({token.char_begin, token.char_end});
    object["byte_offsets"].push_back({token.byte_begin, token.byte_end});
  }
  return dump_json_line(object);
}

const std::vector<TokenFormat>& token_formats() {
  static const std::vector<TokenFormat> formats = {
      {"ids", "ids", ids_line},
      {"tokens", "pieces", tokens_line},
      {"offsets", "PIECE:BEGIN:END, in characters of the line", offsets_line},
      {"json", "an object with ids, tokens, offsets (characters) and byte_offsets", json_line},
  };
  return formats;
}

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const TokenFormat& format : token_formats()) names.push_back(format.name);
  return names;
}

// REQUIRES: one of format_names().
const TokenFormat& find_format(const std::string& name) {
  return *std::ranges::find(token_formats(), name, &TokenFormat::name);
}

std::string format_help() {
  std::string help;
  for (const TokenFormat& format : token_formats())
    help += (help.empty() ? "" : "; ") + format.name + ": " + format.help;
  return help;
}

void add_special(std::vector<Token>& tokens, const SpecialTokens& specials) {
  tokens.insert(tokens.begin(), Token{.id = specials.cls});
  tokens.push_back(Token{.id = specials.sep});
}

}  // namespace

int tokenize_command(const Arguments& arguments) {
  std::string vocab, input = "-", format_name = "ids";
  TokenizerOverrides overrides;
  bool with_special = false, special_in_text = false;

  CommandLine line("tokenize", "Prints a line of tokens for every line of text.");
  add_optional_input(line, input, "A text file");
  add_vocab_option(line, vocab, overrides);
  line.options().add("--format", format_name, format_help(), format_names());
  line.options().add("--add-special", with_special, "Put [CLS] and [SEP] around each line");
  line.options().add("--special-in-text", special_in_text,
                     "[MASK] and its like in the text are special tokens, not text");
  if (!line.parse(arguments)) return 0;

  const TokenFormat& format = find_format(format_name);
  const auto tokenizer = load_tokenizer(tokenizer_path(vocab), overrides);
  if (with_special) require_special_tokens(*tokenizer, vocab);
  const auto specials = special_in_text ? SpecialTokensInText::kMatch : SpecialTokensInText::kAreText;

  LineReader lines(input);
  for (std::string text; lines.next(text);) {
    std::vector<Token> tokens = tokenizer->encode_with_offsets(text, specials);
    if (with_special) add_special(tokens, tokenizer->special_tokens());
    std::cout << format.line(*tokenizer, tokens) << '\n';
  }
  lines.report_invalid_utf8();
  return 0;
}

}  // namespace bertforge
