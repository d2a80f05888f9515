// bertforge next-sentence CHECKPOINT [INPUT|-]

#include "bertforge/inference/next_sentence.h"

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

struct NextSentenceOptions {
  ModelSessionOptions model;
  std::string input = "-";
  bool as_json = false;
};

void print(const TextPair& pair, double probability, bool as_json) {
  if (as_json) {
    std::cout << dump_json_line({{"first", std::string(pair.first)},
                                 {"second", std::string(*pair.second)},
                                 {"probability", probability}})
              << '\n';
  } else {
    std::cout << probability << '\t' << pair.first << " ||| " << *pair.second << '\n';
  }
}

int next_sentence(const NextSentenceOptions& options) {
  LineReader lines(options.input);
  EncoderSession session = open_session(options.model);
  session.require_head("next_sentence", "next-sentence");
  session.require_head("pooler", "next-sentence");
  const SequenceMaker maker = session.sequence_maker();
  TruncationCounter truncated;
  std::cout << std::fixed << std::setprecision(4);
  for (auto chunk = lines.next_chunk(kChunkLines); !chunk.empty(); chunk = lines.next_chunk(kChunkLines)) {
    std::vector<TextPair> pairs;
    std::vector<Sequence> sequences;
    std::int64_t number = lines.number() - std::ssize(chunk);
    for (const std::string& line : chunk) {
      ++number;
      pairs.push_back(split_pair(line));
      if (!pairs.back().second) {
        fail(ErrorKind::kInput, lines.where(number), ": there is no \" ||| \"; a line must be `A ||| B`, two texts");
      }
      sequences.push_back(maker.make(pairs.back()));
      truncated.add(sequences.back());
    }
    const std::vector<double> probabilities = next_sentence_probabilities(session, sequences);
    for (std::size_t i = 0; i < pairs.size(); ++i) print(pairs[i], probabilities[i], options.as_json);
    std::cout << std::flush;
  }
  truncated.report(session);
  lines.report_invalid_utf8();
  return 0;
}

}  // namespace

int next_sentence_command(const Arguments& arguments) {
  NextSentenceOptions options;
  CommandLine line("next-sentence", "Prints for every line `A ||| B` the probability that B follows A.");
  add_model_session(line, options.model);
  add_optional_input(line, options.input, "A file of lines `A ||| B`");
  add_json_flag(line, options.as_json);
  if (!line.parse(arguments)) return 0;
  return explain_torch_errors("a smaller --max-length needs less", [&] { return next_sentence(options); });
}

}  // namespace bertforge
