#pragma once
// Where vectors go: .npy, JSONL and TSV. docs/embeddings.md has the forms.
//
// Fed by the command embed, line by line; what is written appears under its name when all of it is there.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bertforge/inference/embedding.h"

namespace bertforge {

// One line of the input and what was made of it.
struct EmbeddedLine {
  std::int64_t number = 0;  // From 1.
  TextPair text;
  const Sequence& sequence;
  const Embedding& embedding;
};

class EmbeddingOutput {
 public:
  virtual ~EmbeddingOutput() = default;
  virtual void write(const EmbeddedLine& line) = 0;
  virtual void publish() = 0;
};

struct EmbeddingOutputOptions {
  std::string path = "-";        // "-": standard output
  std::string format = {};       // "": by the path's ending, JSONL for standard output
  std::string pool = {};         // Of the vectors: none and word give several a line.
  std::int64_t vector_size = 0;  // D
};

std::vector<std::string> embedding_formats();  // jsonl, npy, tsv
std::string embedding_format_help();

// The name of the format that the options mean. Error(kUsage): no format by that ending, or .npy for standard output.
std::string resolve_embedding_format(const EmbeddingOutputOptions& options);

std::unique_ptr<EmbeddingOutput> make_embedding_output(const Tokenizer& tokenizer, const EmbeddingOutputOptions& options);

}  // namespace bertforge
