// bertforge similarity CHECKPOINT [INPUT|-] [--words I,J] [--query TEXT --top N]

#include "bertforge/inference/similarity.h"

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>

#include "bertforge/app/common_options.h"
#include "bertforge/base/error.h"
#include "bertforge/base/numbers.h"
#include "bertforge/formats/json.h"
#include "command_functions.h"
#include "embedding_options.h"
#include "model_session.h"
#include "torch_errors.h"

namespace bertforge {
namespace {

constexpr std::size_t kMaxMatrixLines = 4096;

struct SimilarityOptions {
  ModelSessionOptions model;
  EmbeddingOptions embedding;
  std::string input = "-";
  std::optional<std::string> words, query;
  std::int64_t top = 10;
  bool as_json = false;
};

void add_options(CommandLine& line, SimilarityOptions& options) {
  add_model_session(line, options.model);
  add_optional_input(line, options.input, "A text file, whose lines are compared");
  line.optional("--words", options.words,
                "Compare tokens (pieces) of a line instead, by number, [CLS] being 0: 6,10 (bertforge tokenize "
                "--add-special --format tokens shows them)",
                "");
  line.optional("--query", options.query, "Compare this text with each line and print the most similar ones", "");
  line.options().add("--top", options.top, "With --query: so many lines", {.min = 1, .max = 1'000'000});
  add_embedding_options(line, options.embedding, /*one_vector_a_text=*/true);
  add_json_flag(line, options.as_json);
  line.needs("--top", {"--query"});
  line.excludes("--words", {"--query", "--pool", "--exclude-special"});
}

void print_matrix(const std::vector<std::string>& lines, const std::vector<std::vector<double>>& matrix) {
  constexpr int kWidth = 9;
  const int number_width = static_cast<int>(std::to_string(lines.size()).size());
  std::cout << std::setw(number_width) << "";
  for (std::size_t j = 0; j < lines.size(); ++j) std::cout << std::setw(kWidth) << j + 1;
  std::cout << '\n';
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::cout << std::setw(number_width) << i + 1;
    for (const double similarity : matrix[i]) std::cout << std::setw(kWidth) << similarity;
    std::cout << "  " << lines[i] << '\n';
  }
}

// Each line with each.
void compare_lines(SequenceReader& reader, Embedder& embedder, bool as_json) {
  std::vector<std::string> lines;
  std::vector<Embedding> embeddings;
  for (SequenceChunk chunk = reader.next(); !chunk.empty(); chunk = reader.next()) {
    if (lines.size() + chunk.size() > kMaxMatrixLines) {
      fail(ErrorKind::kUsage, reader.lines().name(), ": more than ", kMaxMatrixLines,
           " lines are too many to compare each with each; --query TEXT compares one text with all of them");
    }
    std::ranges::move(embedder.embed(chunk.sequences), std::back_inserter(embeddings));
    std::ranges::move(chunk.lines, std::back_inserter(lines));
  }
  const auto matrix = similarity_matrix(embeddings);
  if (as_json) {
    std::cout << dump_json_line({{"lines", lines}, {"similarity", matrix}}) << '\n';
  } else if (!lines.empty()) {
    print_matrix(lines, matrix);
  }
}

// One text with each line.
void search(SequenceReader& reader, Embedder& embedder, const Sequence& query, const SimilarityOptions& options) {
  NearestLines nearest(embedder.embed({query}).front(), options.top);
  for (SequenceChunk chunk = reader.next(); !chunk.empty(); chunk = reader.next()) {
    const auto embeddings = embedder.embed(chunk.sequences);
    for (std::size_t i = 0; i < chunk.size(); ++i) nearest.add(embeddings[i], chunk.number(i), chunk.lines[i]);
  }
  for (const auto& [similarity, line, text] : nearest.hits()) {
    if (options.as_json) {
      std::cout << dump_json_line({{"similarity", similarity}, {"line", line}, {"text", text}}) << '\n';
    } else {
      std::cout << similarity << '\t' << line << '\t' << text << '\n';
    }
  }
}

std::vector<std::int64_t> parse_words(const std::string& text, const CommandLine& line) {
  const auto words = parse_int64_list(text);
  if (words && words->size() >= 2 && std::ranges::min(*words) >= 0) return *words;
  fail(ErrorKind::kUsage, line.command(), ": --words is \"", text,
       "\"; it must be two or more numbers of tokens with commas between, [CLS] being 0: 6,10");
}

// Two tokens of a line.
struct TokenPair {
  std::int64_t line, first, second;
  std::string first_piece, second_piece;
  double similarity;
};

void print(const TokenPair& pair, bool as_json) {
  if (as_json) {
    std::cout << dump_json_line({{"line", pair.line},
                                 {"words", {pair.first, pair.second}},
                                 {"tokens", {pair.first_piece, pair.second_piece}},
                                 {"similarity", pair.similarity}})
              << '\n';
  } else {
    std::cout << pair.similarity << '\t' << pair.first_piece << " (" << pair.first << ")\t" << pair.second_piece << " ("
              << pair.second << ")\n";
  }
}

// Every pair of the tokens that --words names, in every line. The embedder pools nothing.
void compare_words(SequenceReader& reader, Embedder& embedder, const Tokenizer& tokenizer,
                   const std::vector<std::int64_t>& words, bool as_json) {
  const std::int64_t size = embedder.vector_size();
  for (SequenceChunk chunk = reader.next(); !chunk.empty(); chunk = reader.next()) {
    const auto embeddings = embedder.embed(chunk.sequences);
    for (std::size_t i = 0; i < chunk.size(); ++i) {
      const std::vector<Token>& tokens = chunk.sequences[i].tokens;
      if (std::ranges::max(words) >= std::ssize(tokens)) {
        fail(ErrorKind::kUsage, reader.lines().where(chunk.number(i)), ": there is no token ", std::ranges::max(words),
             "; the line has ", tokens.size(), ", from 0, [CLS], to ", tokens.size() - 1, ", [SEP]");
      }
      const auto piece = [&](std::int64_t word) { return tokenizer.piece(tokens[static_cast<std::size_t>(word)].id); };
      const float* const values = embeddings[i].values.data();
      for (auto a = words.begin(); a != words.end(); ++a) {
        for (auto b = std::next(a); b != words.end(); ++b) {
          print({chunk.number(i), *a, *b, piece(*a), piece(*b),
                 cosine_similarity(values + *a * size, values + *b * size, size)},
                as_json);
        }
      }
    }
    flush_output();
  }
}

int similarity(const SimilarityOptions& options, EmbeddingConfig config, const std::vector<std::int64_t>& words) {
  if (options.words) config.pool = "none";
  EncoderSession session = open_session(options.model);
  Embedder embedder(session, config);
  const SequenceMaker maker = session.sequence_maker(options.embedding.segment_number());
  SequenceReader reader(options.input, maker);
  std::cout << std::fixed << std::setprecision(4);
  if (options.words) {
    compare_words(reader, embedder, session.tokenizer(), words, options.as_json);
  } else if (options.query) {
    search(reader, embedder, maker.make(*options.query), options);
  } else {
    compare_lines(reader, embedder, options.as_json);
  }
  reader.report(session);
  return 0;
}

}  // namespace

int similarity_command(const Arguments& arguments) {
  SimilarityOptions options;
  CommandLine line(
      "similarity",
      "Prints how similar the lines of a text are, each with each; or a query and the lines; or words of a "
      "line. Cosines of their vectors.");
  add_options(line, options);
  if (!line.parse(arguments)) return 0;
  const EmbeddingConfig config = options.embedding.resolved(line);
  const auto words = options.words ? parse_words(*options.words, line) : std::vector<std::int64_t>();
  return explain_torch_errors("a smaller --max-length needs less", [&] { return similarity(options, config, words); });
}

}  // namespace bertforge
