// bertforge similarity CHECKPOINT [INPUT|-] [--words I,J] [--query TEXT --top N]

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>

#include "bertforge/base/error.h"
#include "bertforge/base/numbers.h"
#include "bertforge/formats/json.h"
#include "command_functions.h"
#include "embedding_options.h"
#include "lines.h"
#include "model_session.h"
#include "torch_errors.h"

namespace bertforge {
namespace {

constexpr std::size_t kChunkLines = 1024;
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
                "Compare tokens of a line instead, by number, [CLS] being 0: 6,10 (bertforge tokenize shows them)", "");
  line.optional("--query", options.query, "Compare this text with each line and print the most similar ones", "");
  line.options().add("--top", options.top, "With --query: so many lines", {.min = 1, .max = 1'000'000});
  add_embedding_options(line, options.embedding, {"mean", "cls", "max"});
  add_json_flag(line, options.as_json);
}

// The lines of an input, embedded chunk by chunk.
class LineEmbedder {
 public:
  LineEmbedder(EncoderSession& session, const EmbeddingConfig& config, std::int64_t segment)
      : session_(session), embedder_(session, config), maker_(session.sequence_maker(segment)) {}

  std::vector<Embedding> embed(const std::vector<std::string>& texts) {
    sequences_.clear();
    for (const std::string& text : texts) {
      sequences_.push_back(maker_.make(text));
      truncated_.add(sequences_.back());
    }
    return embedder_.embed(sequences_);
  }
  const std::vector<Sequence>& sequences() const { return sequences_; }  // Of the last call.
  double similarity(const float* a, const float* b) const {
    return cosine_similarity(a, b, embedder_.vector_size());
  }
  std::int64_t vector_size() const { return embedder_.vector_size(); }
  void report() const { truncated_.report(session_); }

 private:
  EncoderSession& session_;
  Embedder embedder_;
  SequenceMaker maker_;
  std::vector<Sequence> sequences_;
  TruncationCounter truncated_;
};

void print_matrix(const std::vector<std::string>& lines, const std::vector<std::vector<double>>& matrix, bool as_json) {
  if (as_json) {
    std::cout << dump_json_line({{"lines", lines}, {"similarity", matrix}}) << '\n';
    return;
  }
  if (lines.empty()) return;
  constexpr int kWidth = 9;
  const int number_width = static_cast<int>(std::to_string(lines.size()).size());
  std::cout << std::fixed << std::setprecision(4) << std::setw(number_width) << "";
  for (std::size_t j = 0; j < lines.size(); ++j) std::cout << std::setw(kWidth) << j + 1;
  std::cout << '\n';
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::cout << std::setw(number_width) << i + 1;
    for (const double similarity : matrix[i]) std::cout << std::setw(kWidth) << similarity;
    std::cout << "  " << lines[i] << '\n';
  }
}

int compare_lines(LineReader& input, LineEmbedder& embedder, const SimilarityOptions& options) {
  std::vector<std::string> lines;
  std::vector<Embedding> embeddings;
  for (auto chunk = input.next_chunk(kChunkLines); !chunk.empty(); chunk = input.next_chunk(kChunkLines)) {
    for (Embedding& embedding : embedder.embed(chunk)) embeddings.push_back(std::move(embedding));
    std::ranges::move(chunk, std::back_inserter(lines));
    if (lines.size() > kMaxMatrixLines) {
      fail(ErrorKind::kUsage, options.input, ": more than ", kMaxMatrixLines,
           " lines are too many to compare each with each; --query TEXT compares one text with all of them");
    }
  }
  std::vector<std::vector<double>> matrix(lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    for (const Embedding& other : embeddings)
      matrix[i].push_back(embedder.similarity(embeddings[i].values.data(), other.values.data()));
  }
  print_matrix(lines, matrix, options.as_json);
  return 0;
}

struct Hit {
  double similarity = 0;
  std::int64_t line = 0;
  std::string text;

  // The better first, then the earlier.
  bool operator<(const Hit& other) const {
    return similarity != other.similarity ? similarity > other.similarity : line < other.line;
  }
};

int search(LineReader& input, LineEmbedder& embedder, const SimilarityOptions& options) {
  const Embedding query = embedder.embed({*options.query}).front();
  std::vector<Hit> hits;  // A heap, the worst of the best on top.
  std::int64_t number = 0;
  for (auto chunk = input.next_chunk(kChunkLines); !chunk.empty(); chunk = input.next_chunk(kChunkLines)) {
    const auto embeddings = embedder.embed(chunk);
    for (std::size_t i = 0; i < chunk.size(); ++i) {
      hits.push_back({embedder.similarity(query.values.data(), embeddings[i].values.data()), ++number, chunk[i]});
      std::push_heap(hits.begin(), hits.end());
      if (std::ssize(hits) <= options.top) continue;
      std::pop_heap(hits.begin(), hits.end());
      hits.pop_back();
    }
  }
  std::sort(hits.begin(), hits.end());
  std::cout << std::fixed << std::setprecision(4);
  for (const auto& [similarity, line, text] : hits) {
    if (options.as_json) {
      std::cout << dump_json_line({{"similarity", similarity}, {"line", line}, {"text", text}}) << '\n';
    } else {
      std::cout << similarity << '\t' << line << '\t' << text << '\n';
    }
  }
  return 0;
}

std::vector<std::size_t> parse_words(const std::string& text, const CommandLine& line) {
  std::vector<std::size_t> words;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    const auto number = parse_int64(text.substr(begin, comma - begin));
    if (!number || *number < 0) words.clear();
    if (!number || *number < 0) break;
    words.push_back(static_cast<std::size_t>(*number));
    begin = comma + 1;
  }
  if (words.size() >= 2) return words;
  fail(ErrorKind::kUsage, line.command(), ": --words is \"", text,
       "\"; it must be two or more numbers of tokens with commas between, [CLS] being 0: 6,10");
}

// Every pair of the tokens that --words names, in every line.
int compare_words(LineReader& input, LineEmbedder& embedder, const Tokenizer& tokenizer,
                  const std::vector<std::size_t>& words, bool as_json) {
  std::cout << std::fixed << std::setprecision(4);
  const auto size = static_cast<std::size_t>(embedder.vector_size());
  for (auto chunk = input.next_chunk(1); !chunk.empty(); chunk = input.next_chunk(1)) {
    const Embedding embedding = embedder.embed(chunk).front();
    const Sequence& sequence = embedder.sequences().front();
    const auto piece = [&](std::size_t word) { return tokenizer.piece(sequence.tokens[word].id); };
    for (const std::size_t word : words) {
      if (word < sequence.tokens.size()) continue;
      fail(ErrorKind::kUsage, input.where(), ": there is no token ", word, "; the line has ", sequence.tokens.size(),
           ", from 0, [CLS], to ", sequence.tokens.size() - 1, ", [SEP]");
    }
    for (std::size_t i = 0; i < words.size(); ++i) {
      for (std::size_t j = i + 1; j < words.size(); ++j) {
        const double similarity = embedder.similarity(embedding.values.data() + words[i] * size,
                                                      embedding.values.data() + words[j] * size);
        if (as_json) {
          std::cout << dump_json_line({{"line", input.number()},
                                       {"words", {words[i], words[j]}},
                                       {"tokens", {piece(words[i]), piece(words[j])}},
                                       {"similarity", similarity}})
                    << '\n';
        } else {
          std::cout << similarity << '\t' << piece(words[i]) << " (" << words[i] << ")\t" << piece(words[j]) << " ("
                    << words[j] << ")\n";
        }
      }
    }
  }
  return 0;
}

int similarity(const SimilarityOptions& options, EmbeddingConfig config, const CommandLine& line) {
  std::vector<std::size_t> words;
  if (options.words) {
    if (options.query) fail(ErrorKind::kUsage, line.command(), ": --words and --query exclude each other");
    words = parse_words(*options.words, line);
    config.pool = "none";
    config.exclude_special = false;
  }
  LineReader input(options.input);
  EncoderSession session = open_session(options.model);
  LineEmbedder embedder(session, config, options.embedding.segment_number());
  if (!words.empty()) {
    compare_words(input, embedder, session.tokenizer(), words, options.as_json);
  } else if (options.query) {
    search(input, embedder, options);
  } else {
    compare_lines(input, embedder, options);
  }
  embedder.report();
  input.report_invalid_utf8();
  return 0;
}

}  // namespace

int similarity_command(const Arguments& arguments) {
  SimilarityOptions options;
  CommandLine line("similarity", "Prints how similar lines of text are: the cosines of their vectors.");
  add_options(line, options);
  if (!line.parse(arguments)) return 0;
  const EmbeddingConfig config = options.embedding.resolved(line);
  return explain_torch_errors("a smaller --max-length needs less", [&] { return similarity(options, config, line); });
}

}  // namespace bertforge
