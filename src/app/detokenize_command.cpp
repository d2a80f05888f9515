// bertforge detokenize --vocab FILE|DIR [INPUT|-]

#include <iostream>
#include <sstream>

#include "bertforge/app/common_options.h"
#include "bertforge/base/error.h"
#include "bertforge/base/numbers.h"
#include "bertforge/text/tokenizer_folder.h"
#include "command_functions.h"
#include "lines.h"

namespace bertforge {
namespace {

std::vector<TokenId> parse_ids(const std::string& text, const std::string& where, std::int64_t vocabulary_size) {
  std::vector<TokenId> ids;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const auto id = parse_int64(word);
    if (!id || *id < 0 || *id >= vocabulary_size) {
      fail(ErrorKind::kInput, where, ": \"", word, "\" is no id of this vocabulary; a number below ", vocabulary_size,
           " is expected");
    }
    ids.push_back(static_cast<TokenId>(*id));
  }
  return ids;
}

}  // namespace

int detokenize_command(const Arguments& arguments) {
  std::string vocab, input = "-";
  TokenizerOverrides overrides;
  bool keep_special = false;

  CommandLine line("detokenize", "Turns lines of ids back into text.");
  add_optional_input(line, input, "A file with the ids of a text in each line");
  add_vocab_option(line, vocab, overrides);
  line.options().add("--keep-special", keep_special, "Show [CLS], [SEP] and their like");
  if (!line.parse(arguments)) return 0;

  const auto tokenizer = load_tokenizer(tokenizer_path(vocab), overrides);
  LineReader lines(input);
  for (std::string text; lines.next(text);) {
    const auto ids = parse_ids(text, lines.where(), tokenizer->vocabulary_size());
    std::cout << tokenizer->decode(ids, !keep_special) << '\n';
  }
  lines.report_invalid_utf8();
  return 0;
}

}  // namespace bertforge
