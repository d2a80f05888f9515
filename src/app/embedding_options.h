#pragma once
// How vectors are made, on the command line: shared by embed and similarity.

#include <string>
#include <vector>

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

// --layers, --combine, --pool, --segment and --exclude-special; `poolings` are those that the command can use.
void add_embedding_options(CommandLine& line, EmbeddingOptions& options, const std::vector<std::string>& poolings);

// The names of all poolings.
std::vector<std::string> pooling_names();

}  // namespace bertforge
