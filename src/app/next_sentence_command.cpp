// bertforge next-sentence CHECKPOINT [INPUT|-]

#include "bertforge/inference/next_sentence.h"

#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>

#include "bertforge/app/common_options.h"
#include "bertforge/formats/json.h"
#include "command_functions.h"
#include "model_session.h"
#include "torch_errors.h"

namespace bertforge {
namespace {

struct NextSentenceOptions {
  ModelSessionOptions model;
  std::string input = "-";
  bool as_json = false;
};

void print(const std::string& line, double probability, bool as_json) {
  if (as_json) {
    const TextPair pair = split_pair(line);
    std::cout << dump_json_line({{"first", std::string(pair.first)},
                                 {"second", std::string(*pair.second)},
                                 {"probability", probability}})
              << '\n';
  } else {
    std::cout << probability << '\t' << line << '\n';
  }
}

int next_sentence(const NextSentenceOptions& options) {
  EncoderSession session = open_session(options.model);
  session.require_head("next_sentence", "next-sentence");
  session.require_head("pooler", "next-sentence");
  SequenceReader reader(options.input, session.sequence_maker(), SequenceReader::Pairs::kRequired);
  std::cout << std::fixed << std::setprecision(4);
  for (SequenceChunk chunk = reader.next(); !chunk.empty(); chunk = reader.next()) {
    const std::vector<double> probabilities = next_sentence_probabilities(session, chunk.sequences);
    for (std::size_t i = 0; i < chunk.size(); ++i) print(chunk.lines[i], probabilities[i], options.as_json);
    flush_output();
  }
  reader.report(session);
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
