#include "embedding_options.h"

#include "bertforge/base/error.h"
#include "bertforge/base/numbers.h"

namespace bertforge {
namespace {

// "How layers become one vector: concat: side by side; sum: added", and the names.
template <class Entry>
struct Choices {
  std::string help;
  std::vector<std::string> names = {};

  void add(const Entry& entry) {
    help += concat(names.empty() ? ": " : "; ", entry.name, ": ", entry.help);
    names.emplace_back(entry.name);
  }
};

}  // namespace

EmbeddingConfig EmbeddingOptions::resolved(const CommandLine& line) const {
  EmbeddingConfig resolved = config;
  const auto numbers = parse_int64_list(layers);
  if (!numbers) {
    fail(ErrorKind::kUsage, line.command(), ": --layers is \"", layers,
         "\"; it must be numbers of layers with commas between: -4,-3,-2,-1");
  }
  resolved.layers = *numbers;
  if (config.exclude_special && !find_pooling(config.pool).may_exclude_special) {
    fail(ErrorKind::kUsage, line.command(), ": --exclude-special has no effect with --pool ", config.pool,
         ", which is the vector of a special token");
  }
  return resolved;
}

void add_embedding_options(CommandLine& line, EmbeddingOptions& options, bool one_vector_a_text) {
  FieldList& list = line.options();
  list.add("--layers", options.layers,
           "Whose hidden states: -1 the last layer, 0 the embeddings; several with commas: -4,-3,-2,-1");
  Choices<CombinationEntry> combine = {"How several layers become one vector"};
  for (const CombinationEntry& entry : combinations()) combine.add(entry);
  list.add("--combine", options.config.combine, combine.help, combine.names);
  Choices<PoolingEntry> pool = {"How tokens become vectors"};
  for (const PoolingEntry& entry : poolings()) {
    if (!one_vector_a_text || entry.rows == PooledRows::kText) pool.add(entry);
  }
  list.add("--pool", options.config.pool, pool.help, pool.names);
  list.add("--segment", options.segment, "The segment (token type) that the tokens of a text have", {"0", "1"});
  list.add("--exclude-special", options.config.exclude_special, "Leave [CLS] and [SEP] out");
}

}  // namespace bertforge
