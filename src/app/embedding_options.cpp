#include "embedding_options.h"

#include <algorithm>

#include "bertforge/base/error.h"

namespace bertforge {
namespace {

std::vector<std::string> names_of(const std::vector<EmbeddingChoice>& choices) {
  std::vector<std::string> names;
  for (const EmbeddingChoice& choice : choices) names.emplace_back(choice.name);
  return names;
}

// "Of the layers: concat: side by side; sum: added", of those that `names` has.
std::string help_of(std::string text, const std::vector<EmbeddingChoice>& choices, const std::vector<std::string>& names) {
  for (const EmbeddingChoice& choice : choices) {
    if (std::find(names.begin(), names.end(), choice.name) == names.end()) continue;
    text += concat(choice.name == names.front() ? "" : ";", " ", choice.name, ": ", choice.help);
  }
  return text;
}

}  // namespace

EmbeddingConfig EmbeddingOptions::resolved(const CommandLine& line) const {
  EmbeddingConfig resolved = config;
  resolved.layers = parse_layers(layers, line.command() + ": --layers");
  return resolved;
}

void add_embedding_options(CommandLine& line, EmbeddingOptions& options, const std::vector<std::string>& poolings) {
  FieldList& list = line.options();
  list.add("--layers", options.layers, "Whose hidden states: -1 the last layer, 0 the embeddings; several with commas");
  const auto combine_names = names_of(combinations());
  list.add("--combine", options.config.combine, help_of("How layers become one vector:", combinations(), combine_names),
           combine_names);
  list.add("--pool", options.config.pool, help_of("How tokens become one vector:", bertforge::poolings(), poolings),
           poolings);
  list.add("--segment", options.segment, "The segment (token type) that the tokens of a text have", {"0", "1"});
  list.add("--exclude-special", options.config.exclude_special, "Leave [CLS] and [SEP] out");
}

std::vector<std::string> pooling_names() { return names_of(poolings()); }

}  // namespace bertforge
