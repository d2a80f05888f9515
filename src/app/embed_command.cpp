// bertforge embed CHECKPOINT [INPUT|-] --output FILE.npy|.jsonl|.tsv

#include "bertforge/app/common_options.h"
#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/base/log.h"
#include "bertforge/base/progress.h"
#include "bertforge/inference/embedding_writer.h"
#include "command_functions.h"
#include "embedding_options.h"
#include "model_session.h"
#include "torch_errors.h"

namespace bertforge {
namespace {

struct EmbedOptions {
  ModelSessionOptions model;
  EmbeddingOptions embedding;
  EmbeddingOutput output;
  std::string input = "-";
  bool pairs = false, special_in_text = false;
};

void add_options(CommandLine& line, EmbedOptions& options) {
  add_model_session(line, options.model);
  add_optional_input(line, options.input, "A text file, whose lines are embedded");
  line.options().add("--output", options.output.path,
                     "The file to write, NAME.jsonl, NAME.npy or NAME.tsv; - is standard output");
  std::string help = "Unless said, by the ending of --output";
  std::vector<std::string> names;
  for (const EmbeddingFormat& format : embedding_formats()) {
    help += concat(names.empty() ? ": " : "; ", format.name, ": ", format.help);
    names.emplace_back(format.name);
  }
  line.options().add("--format", options.output.format, help, names);
  add_embedding_options(line, options.embedding, /*one_vector_a_text=*/false);
  line.options().add("--normalize", options.embedding.config.normalize, "Make every vector one of length 1");
  line.options().add("--special-in-text", options.special_in_text,
                     "[MASK] and its like in the text are special tokens, not text");
  line.options().add("--pairs", options.pairs, "Lines `A ||| B` are pairs of texts: [CLS] A [SEP] B [SEP]");
}

// The output takes the place of a file of its name.
void require_other_file(const std::string& input, const std::string& output) {
  std::error_code not_there;
  if (!std::filesystem::equivalent(input, output, not_there) || !file_exists(output)) return;
  fail(ErrorKind::kUsage, "--output ", output, " is the input; name another file");
}

int embed(EmbedOptions options, const EmbeddingConfig& config) {
  options.output.rows = find_pooling(config.pool).rows;
  find_embedding_format(options.output);  // Before a model is loaded.
  require_other_file(options.input, options.output.path);
  EncoderSession session = open_session(options.model);
  Embedder embedder(session, config);
  options.output.vector_size = embedder.vector_size();
  const auto specials = options.special_in_text ? SpecialTokensInText::kMatch : SpecialTokensInText::kAreText;
  SequenceReader reader(options.input, session.sequence_maker(options.embedding.segment_number(), specials),
                        options.pairs ? SequenceReader::Pairs::kAllowed : SequenceReader::Pairs::kNone);
  const auto writer = make_embedding_writer(session.tokenizer(), options.output);

  ProgressBar progress("embedding", 0, "lines");
  for (SequenceChunk chunk = reader.next(); !chunk.empty(); chunk = reader.next()) {
    const std::vector<Embedding> embeddings = embedder.embed(chunk.sequences);
    for (std::size_t i = 0; i < chunk.size(); ++i) {
      const TextPair text = options.pairs ? split_pair(chunk.lines[i]) : TextPair{chunk.lines[i], {}};
      writer->write({chunk.number(i), text, chunk.sequences[i], embeddings[i]});
    }
    progress.update(static_cast<std::uint64_t>(reader.lines().number()));
  }
  writer->publish();
  reader.report(session);
  const std::int64_t num_lines = reader.lines().number();
  if (options.output.path != "-") {
    log_info(options.output.path, ": ", num_lines, num_lines == 1 ? " line" : " lines", ", vectors of ",
             embedder.vector_size(), " numbers");
  }
  return 0;
}

}  // namespace

int embed_command(const Arguments& arguments) {
  EmbedOptions options;
  CommandLine line("embed", "Turns every line of text into a vector, or one for each of its words or tokens.");
  add_options(line, options);
  if (!line.parse(arguments)) return 0;
  const EmbeddingConfig config = options.embedding.resolved(line);
  return explain_torch_errors("a smaller --max-length needs less", [&] { return embed(options, config); });
}

}  // namespace bertforge
