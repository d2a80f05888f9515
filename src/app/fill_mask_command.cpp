// bertforge fill-mask CHECKPOINT [TEXT|-] [--top N]

#include "bertforge/inference/fill_mask.h"

#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>

#include "bertforge/base/error.h"
#include "bertforge/formats/json.h"
#include "command_functions.h"
#include "lines.h"
#include "model_session.h"
#include "torch_errors.h"

namespace bertforge {
namespace {

constexpr std::size_t kChunkLines = 256;

struct FillMaskOptions {
  ModelSessionOptions model;
  std::string text = "-";
  std::int64_t top = 5;
  bool as_json = false;
};

// The text with one [MASK] replaced; the other special tokens are left out.
std::string filled_text(const Sequence& sequence, std::int32_t token, TokenId id, const Tokenizer& tokenizer) {
  std::vector<TokenId> ids;
  for (const Token& each : sequence.tokens) ids.push_back(each.id);
  ids[static_cast<std::size_t>(token)] = id;
  return tokenizer.decode(ids);
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
                             {"sequence", filled_text(sequence, mask.token, id, tokenizer)}});
    }
    list.push_back({{"token", mask.token}, {"predictions", predictions}});
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

// Texts, each with what its place is called in messages.
class MaskFiller {
 public:
  explicit MaskFiller(const FillMaskOptions& options)
      : options_(options),
        session_(open_session(options.model)),
        maker_(session_.sequence_maker(0, SpecialTokensInText::kMatch)) {
    session_.require_head("masked_lm", "fill-mask");
  }

  void fill(const std::vector<std::string>& texts, const std::function<std::string(std::size_t)>& where,
            ErrorKind kind) {
    std::vector<Sequence> sequences;
    for (const std::string& text : texts) {
      sequences.push_back(maker_.make(text));
      truncated_.add(sequences.back());
    }
    const auto filled = fill_masks(session_, sequences, options_.top);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (filled[i].empty()) fail_without_mask(where(i), sequences[i], kind);
      if (options_.as_json) {
        print_json(texts[i], sequences[i], filled[i], session_.tokenizer());
      } else {
        print_text(texts[i], filled[i], session_.tokenizer());
      }
    }
  }
  void report() const { truncated_.report(session_); }

 private:
  [[noreturn]] void fail_without_mask(const std::string& where, const Sequence& sequence, ErrorKind kind) const {
    const std::string& mask = session_.tokenizer().piece(session_.tokenizer().special_tokens().mask);
    fail(kind, where, ": there is no ", mask, " in the text",
         sequence.is_truncated ? concat(" within the first ", session_.max_length(), " tokens") : "", "; write ", mask,
         " where a word is to be filled in");
  }

  const FillMaskOptions& options_;
  EncoderSession session_;
  SequenceMaker maker_;
  TruncationCounter truncated_;
};

int fill_mask(const FillMaskOptions& options) {
  if (options.text != "-") {
    MaskFiller filler(options);
    filler.fill({options.text}, [](std::size_t) { return std::string("fill-mask"); }, ErrorKind::kUsage);
    filler.report();
    return 0;
  }
  LineReader lines("-");
  MaskFiller filler(options);
  for (auto chunk = lines.next_chunk(kChunkLines); !chunk.empty(); chunk = lines.next_chunk(kChunkLines)) {
    const std::int64_t first = lines.number() - std::ssize(chunk) + 1;
    filler.fill(chunk, [&](std::size_t i) { return lines.where(first + static_cast<std::int64_t>(i)); },
                ErrorKind::kInput);
    std::cout << std::flush;
  }
  filler.report();
  lines.report_invalid_utf8();
  return 0;
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
