#pragma once
// Where vectors go: .npy, JSONL and TSV. docs/embeddings.md has the forms.
//
// Fed by the command embed, line by line; what is written appears under its name when all of it is there.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "bertforge/inference/embedding.h"

namespace bertforge {

// One line of the input and what was made of it.
struct EmbeddedLine {
  std::int64_t number = 0;  // From 1.
  TextPair text;
  const Sequence& sequence;
  const Embedding& embedding;
};

class EmbeddingWriter {
 public:
  virtual ~EmbeddingWriter() = default;
  virtual void write(const EmbeddedLine& line) = 0;
  virtual void publish() = 0;
};

struct EmbeddingOutput {
  std::string path = "-";               // "-": standard output
  std::string format = {};              // "": by the path's ending, JSONL for standard output
  PooledRows rows = PooledRows::kText;  // What the vectors are of.
  std::int64_t vector_size = 0;         // D
};

// A form to write vectors in. The table is in src/inference/embedding_writer.cpp.
struct EmbeddingFormat {
  std::string_view name, help;  // The name is the ending of its files.
  bool in_one_piece;            // All of it stands in one stream, whatever the vectors are of.
  bool is_a_stream;             // Vectors of texts alone can go to standard output.
  std::unique_ptr<EmbeddingWriter> (*make)(const Tokenizer& tokenizer, const EmbeddingOutput& output);
};
std::span<const EmbeddingFormat> embedding_formats();  // jsonl, npy, tsv

// The format that an output means. Error(kUsage): no format of that ending, or standard output for one that needs a file.
const EmbeddingFormat& find_embedding_format(const EmbeddingOutput& output);

std::unique_ptr<EmbeddingWriter> make_embedding_writer(const Tokenizer& tokenizer, const EmbeddingOutput& output);

}  // namespace bertforge
