#pragma once
// How vectors are made, on the command line: shared by embed and similarity.

#include <string>

#include "bertforge/app/command_line.h"
#include "bertforge/inference/embedding.h"

namespace bertforge {

struct EmbeddingOptions {
  EmbeddingConfig config;
  std::string layers = "-1";
  std::string segment = "0";

  // The config, with what was read as text. Error(kUsage)
  EmbeddingConfig resolved(const CommandLine& line) const;
  std::int64_t segment_number() const { return segment == "1" ? 1 : 0; }
};

// --layers, --combine, --pool, --segment and --exclude-special; `one_vector_a_text`: only the poolings that give one.
void add_embedding_options(CommandLine& line, EmbeddingOptions& options, bool one_vector_a_text);

}  // namespace bertforge
