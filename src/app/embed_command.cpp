// bertforge embed CHECKPOINT [INPUT|-] --output FILE.npy|.jsonl|.tsv

#include "bertforge/base/log.h"
#include "bertforge/base/progress.h"
#include "command_functions.h"
#include "embedding_options.h"
#include "embedding_output.h"
#include "lines.h"
#include "model_session.h"
#include "torch_errors.h"

namespace bertforge {
namespace {

constexpr std::size_t kChunkLines = 1024;  // Embedded together: what memory holds, whatever the length of the input.

struct EmbedOptions {
  ModelSessionOptions model;
  EmbeddingOptions embedding;
  EmbeddingOutputOptions output;
  std::string input = "-";
  bool pairs = false, special_in_text = false;
};

void add_options(CommandLine& line, EmbedOptions& options) {
  add_model_session(line, options.model);
  add_optional_input(line, options.input, "A text file, whose lines are embedded");
  line.options().add("--output", options.output.path, "The file to write; - is standard output");
  line.options().add("--format", options.output.format,
                     "Unless said, by the ending of --output: " + embedding_format_help(), embedding_formats());
  add_embedding_options(line, options.embedding, pooling_names());
  line.options().add("--normalize", options.embedding.config.normalize, "Make every vector one of length 1");
  line.options().add("--special-in-text", options.special_in_text,
                     "[MASK] and its like in the text are special tokens, not text");
  line.options().add("--pairs", options.pairs, "Lines `A ||| B` are pairs of texts: [CLS] A [SEP] B [SEP]");
}

int embed(EmbedOptions options, const EmbeddingConfig& config) {
  options.output.pool = config.pool;
  resolve_embedding_format(options.output);  // Before a model is loaded.
  LineReader lines(options.input);
  EncoderSession session = open_session(options.model);
  Embedder embedder(session, config);
  options.output.vector_size = embedder.vector_size();
  const auto output = make_embedding_output(session.tokenizer(), options.output);
  const SequenceMaker maker = session.sequence_maker(
      options.embedding.segment_number(),
      options.special_in_text ? SpecialTokensInText::kMatch : SpecialTokensInText::kAreText);

  TruncationCounter truncated;
  ProgressBar progress("embedding", 0, "lines");
  std::int64_t number = 0;
  for (auto chunk = lines.next_chunk(kChunkLines); !chunk.empty(); chunk = lines.next_chunk(kChunkLines)) {
    std::vector<TextPair> texts;
    std::vector<Sequence> sequences;
    for (const std::string& line : chunk) {
      texts.push_back(options.pairs ? split_pair(line) : TextPair{line, {}});
      sequences.push_back(maker.make(texts.back()));
      truncated.add(sequences.back());
    }
    const std::vector<Embedding> embeddings = embedder.embed(sequences);
    for (std::size_t i = 0; i < chunk.size(); ++i) output->write({++number, texts[i], sequences[i], embeddings[i]});
    progress.update(static_cast<std::uint64_t>(number));
  }
  output->publish();
  truncated.report(session);
  lines.report_invalid_utf8();
  if (options.output.path != "-") {
    log_info(options.output.path, ": ", number, number == 1 ? " line" : " lines", ", vectors of ",
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
