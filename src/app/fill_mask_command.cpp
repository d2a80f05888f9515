// bertforge fill-mask CHECKPOINT [TEXT|-] [--top N]

#include "bertforge/inference/fill_mask.h"

#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>

#include "bertforge/app/common_options.h"
#include "bertforge/app/corpus.h"
#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/formats/json.h"
#include "command_functions.h"
#include "model_session.h"
#include "torch_errors.h"

namespace bertforge {
namespace {

struct FillMaskOptions {
  ModelSessionOptions model;
  std::string text = "-";
  std::int64_t top = 5;
  bool as_json = false;
};

// The text with one [MASK] replaced, without [CLS] and [SEP].
std::string filled_text(const Sequence& sequence, std::int32_t place, TokenId id, const Tokenizer& tokenizer) {
  std::vector<TokenId> ids;
  for (std::int32_t i = 1; i + 1 < static_cast<std::int32_t>(sequence.length()); ++i)
    ids.push_back(i == place ? id : sequence.tokens[static_cast<std::size_t>(i)].id);
  return tokenizer.decode(ids, /*skip_special=*/false);
}

void print_json(const std::string& text, const Sequence& sequence, const std::vector<FilledMask>& masks,
                const Tokenizer& tokenizer) {
  nlohmann::json list = nlohmann::json::array();
  for (const FilledMask& mask : masks) {
    nlohmann::json predictions = nlohmann::json::array();
    for (const auto& [id, probability] : mask.predictions) {
      predictions.push_back({{"id", id},
                             {"token", tokenizer.piece(id)},
                             {"probability", probability},
                             {"sequence", filled_text(sequence, mask.place, id, tokenizer)}});
    }
    list.push_back({{"place", mask.place}, {"predictions", predictions}});
  }
  std::cout << dump_json_line({{"text", text}, {"masks", list}}) << '\n';
}

void print_text(const std::string& text, const std::vector<FilledMask>& masks, const Tokenizer& tokenizer) {
  std::cout << text << '\n' << std::fixed << std::setprecision(4);
  for (std::size_t i = 0; i < masks.size(); ++i) {
    if (masks.size() > 1) std::cout << "  mask " << i + 1 << " of " << masks.size() << '\n';
    for (const auto& [id, probability] : masks[i].predictions)
      std::cout << "  " << probability << "  " << tokenizer.piece(id) << '\n';
  }
}

// `where` and `kind`: what the place of a text is called in messages, and whose fault it is.
void print_filled(const std::string& text, const Sequence& sequence, const std::vector<FilledMask>& masks,
                  const EncoderSession& session, const std::string& where, ErrorKind kind, bool as_json) {
  const Tokenizer& tokenizer = session.tokenizer();
  if (masks.empty()) {
    const std::string& mask = tokenizer.piece(tokenizer.special_tokens().mask);
    fail(kind, where, ": there is no ", mask, " in the text",
         sequence.is_truncated ? concat(" within the first ", session.max_length(), " tokens") : "", "; write ", mask,
         " where a word is to be filled in", file_exists(text) ? concat("; for the lines of that file: < ", text) : "");
  }
  if (as_json) {
    print_json(text, sequence, masks, tokenizer);
  } else {
    print_text(text, masks, tokenizer);
  }
}

int fill_text(const FillMaskOptions& options, EncoderSession& session, const SequenceMaker& maker) {
  const std::vector<Sequence> sequences = {maker.make(options.text)};
  const auto filled = fill_masks(session, sequences, options.top);
  print_filled(options.text, sequences[0], filled[0], session, "fill-mask", ErrorKind::kUsage, options.as_json);
  warn_of_truncated(sequences[0].is_truncated, session);
  InvalidUtf8 invalid;
  invalid.add_line(options.text, "the text", 1);
  warn_of_invalid_utf8(invalid);
  return 0;
}

int fill_lines(const FillMaskOptions& options, EncoderSession& session, const SequenceMaker& maker) {
  SequenceReader reader("-", maker);
  for (SequenceChunk chunk = reader.next(); !chunk.empty(); chunk = reader.next()) {
    const auto filled = fill_masks(session, chunk.sequences, options.top);
    for (std::size_t i = 0; i < chunk.size(); ++i) {
      print_filled(chunk.lines[i], chunk.sequences[i], filled[i], session, reader.lines().where(chunk.number(i)),
                   ErrorKind::kInput, options.as_json);
    }
    flush_output();
  }
  reader.report(session);
  return 0;
}

int fill_mask(const FillMaskOptions& options) {
  EncoderSession session = open_session(options.model);
  session.require_head("masked_lm", "fill-mask");
  const SequenceMaker maker = session.sequence_maker(0, SpecialTokensInText::kMatch);
  return options.text == "-" ? fill_lines(options, session, maker) : fill_text(options, session, maker);
}

}  // namespace

int fill_mask_command(const Arguments& arguments) {
  FillMaskOptions options;
  CommandLine line("fill-mask", "Prints the likeliest words where a text has [MASK].");
  add_model_session(line, options.model);
  line.optional_argument("text", options.text, "A text with [MASK] in it; -: lines of standard input");
  line.options().add("--top", options.top, "Words shown for each [MASK]", {.min = 1, .max = 1'000'000});
  add_json_flag(line, options.as_json);
  if (!line.parse(arguments)) return 0;
  return explain_torch_errors("a smaller --max-length needs less", [&] { return fill_mask(options); });
}

}  // namespace bertforge
