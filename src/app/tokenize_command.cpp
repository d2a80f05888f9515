// bertforge tokenize --vocab FILE|DIR [INPUT|-] --format ids|tokens|offsets|json

#include "bertforge/app/common_options.h"
#include "bertforge/text/tokenizer_folder.h"
#include "command_functions.h"
#include "encoding_options.h"
#include "token_lines.h"

namespace bertforge {

int tokenize_command(const Arguments& arguments) {
  std::string vocab, format_name = "ids";
  TokenizerOverrides overrides;
  TokenLineOptions options{.input = "-"};
  EncodingFlags encoding;
  bool special_in_text = false;
  std::int64_t num_threads = 0;

  CommandLine line("tokenize",
                   "Prints a line of tokens for every line of text. Any number of gigabytes may run through.");
  add_optional_input(line, options.input, "A text file");
  add_vocab_option(line, vocab, overrides);
  line.options().add("--format", format_name, token_format_help(), token_format_names());
  line.options().add("--add-special", options.add_special, "Put [CLS] and [SEP] around each line");
  line.options().add("--special-in-text", special_in_text,
                     "[MASK] and its like in the text are special tokens, not text");
  add_encoding_options(line, encoding);
  add_threads_option(line, num_threads);
  if (!line.parse(arguments)) return 0;

  const auto tokenizer = load_tokenizer(tokenizer_path(vocab), overrides);
  if (options.add_special) require_cls_and_sep(*tokenizer, vocab);
  if (special_in_text) options.specials = SpecialTokensInText::kMatch;
  const TokenFormat& format = find_token_format(format_name);
  run_line_pipeline(options.input, static_cast<int>(num_threads), [&] {
    return encoding.are_given() ? encoding_function(*tokenizer, format_name, options, encoding)
                                : format.make_function(*tokenizer, options);
  });
  return 0;
}

}  // namespace bertforge
