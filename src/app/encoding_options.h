#pragma once
// `tokenize` for lines that are a model's input: cut to a length, padded, pairs. Options, and what is printed for a line.

#include <cstdint>
#include <optional>
#include <string>

#include "bertforge/app/command_line.h"
#include "bertforge/app/line_pipeline.h"
#include "bertforge/text/encoding.h"
#include "token_lines.h"

namespace bertforge {

struct EncodingFlags {
  bool is_pair = false;  // A TAB parts a line into two texts.
  std::optional<std::int64_t> max_length;
  std::string truncation = "longest_first", truncation_side = "right";
  std::int64_t stride = 0;
  bool overflowing = false;  // Print the parts that were cut off as well.
  bool pad = false;          // To max_length.
  std::int64_t pad_to_multiple_of = 1;
  std::string pad_side = "right";

  // Whether lines are encoded rather than tokenized.
  bool are_given() const { return is_pair || max_length || pad_to_multiple_of > 1; }
  EncodingOptions options(const TokenLineOptions& line_options) const;
};

void add_encoding_options(CommandLine& line, EncodingFlags& flags);

// `format`: one of token_format_names(). Error(kUsage) where flags and format do not fit. `tokenizer` outlives the function.
LineFunction encoding_function(const Tokenizer& tokenizer, const std::string& format,
                               const TokenLineOptions& line_options, const EncodingFlags& flags);

}  // namespace bertforge
