#pragma once
// What `tokenize` prints for a line of text: a table of formats, each a maker of functions for the pipeline.

#include <string>
#include <vector>

#include "bertforge/app/line_pipeline.h"
#include "bertforge/text/tokenizer.h"

namespace bertforge {

struct TokenLineOptions {
  std::string input;         // Opens messages about a line.
  bool add_special = false;  // [CLS] before and [SEP] behind each line.
  SpecialTokensInText specials = SpecialTokensInText::kAreText;
};

struct TokenFormat {
  std::string name, help;
  // `tokenizer` outlives the function.
  LineFunction (*make_function)(const Tokenizer& tokenizer, const TokenLineOptions& options);
};

const std::vector<TokenFormat>& token_formats();
std::vector<std::string> token_format_names();
std::string token_format_help();

// REQUIRES: one of token_format_names().
const TokenFormat& find_token_format(const std::string& name);

}  // namespace bertforge
