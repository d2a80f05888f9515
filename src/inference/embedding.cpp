#include "bertforge/inference/embedding.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

#include "bertforge/base/error.h"
#include "bertforge/base/field_list.h"

namespace bertforge {
namespace {

constexpr CombinationEntry kCombinations[] = {
    {"concat", "side by side, in the order given", [](const auto& layers) { return at::cat(layers, -1); }},
    {"sum", "added", [](const auto& layers) { return at::stack(layers).sum(0); }},
    {"mean", "their mean", [](const auto& layers) { return at::stack(layers).mean(0); }},
    {"last", "the last one named", [](const auto& layers) { return layers.back(); }},
};

at::Tensor mean_of(const at::Tensor& tokens) { return tokens.mean(0); }
at::Tensor max_of(const at::Tensor& tokens) { return tokens.amax(0); }
at::Tensor first_of(const at::Tensor& tokens) { return tokens[0]; }

// A new pooling is a line here.
constexpr PoolingEntry kPoolings[] = {
    {"mean", "the mean of the tokens", PooledRows::kText, true, mean_of},
    {"cls", "the vector of [CLS]", PooledRows::kText, false, first_of},
    {"max", "the largest of each number over the tokens", PooledRows::kText, true, max_of},
    {"none", "a vector for every token", PooledRows::kTokens, true, first_of},
    {"word", "a vector for every word, the mean of its pieces", PooledRows::kWords, true, mean_of},
};

using Rows = std::vector<Embedding::Row>;

// Every token that counts is a row of its own.
Rows token_rows(const Sequence& sequence, bool exclude_special) {
  Rows rows;
  for (std::int32_t i = 0; i < static_cast<std::int32_t>(sequence.length()); ++i) {
    if (!exclude_special || sequence.words[static_cast<std::size_t>(i)] >= 0) rows.push_back({i, i + 1});
  }
  return rows;
}

// [CLS] and [SEP], where they count, are words.
Rows word_rows(const Sequence& sequence, bool exclude_special) {
  Rows rows;
  std::int32_t last_word = -1;
  for (const Embedding::Row& token : token_rows(sequence, exclude_special)) {
    const std::int32_t word = sequence.words[static_cast<std::size_t>(token.first_token)];
    if (word >= 0 && word == last_word) {
      rows.back().end_token = token.end_token;
    } else {
      rows.push_back(token);
    }
    last_word = word;
  }
  return rows;
}

Rows rows_of(const Sequence& sequence, PooledRows kind, bool exclude_special) {
  if (kind == PooledRows::kTokens) return token_rows(sequence, exclude_special);
  if (kind == PooledRows::kWords) return word_rows(sequence, exclude_special);
  return {{0, static_cast<std::int32_t>(sequence.length())}};
}

template <class Entry>
const Entry& find_entry(std::span<const Entry> table, const std::string& name, const char* what) {
  std::vector<std::string> names;
  for (const Entry& entry : table) {
    if (entry.name == name) return entry;
    names.emplace_back(entry.name);
  }
  fail(ErrorKind::kUsage, what, " is \"", name, "\"; ", allowed_names(name, names));
}

std::vector<std::int64_t> tokens_of(const Embedding::Row& row, const Sequence& sequence, bool exclude_special) {
  std::vector<std::int64_t> tokens;
  for (std::int32_t i = row.first_token; i < row.end_token; ++i) {
    if (!exclude_special || sequence.words[static_cast<std::size_t>(i)] >= 0) tokens.push_back(i);
  }
  return tokens;
}

}  // namespace

std::span<const CombinationEntry> combinations() { return kCombinations; }
std::span<const PoolingEntry> poolings() { return kPoolings; }
const PoolingEntry& find_pooling(const std::string& name) { return find_entry(poolings(), name, "pool"); }

Embedder::Embedder(EncoderSession& session, EmbeddingConfig config)
    : session_(session),
      config_(std::move(config)),
      combination_(find_entry(combinations(), config_.combine, "combine")),
      pooling_(find_pooling(config_.pool)) {
  const std::int64_t num_layers = session.config().num_hidden_layers;
  if (config_.layers.empty()) fail(ErrorKind::kUsage, "no layers are named; -1 is the last one");
  for (std::int64_t& layer : config_.layers) {
    if (layer < -num_layers - 1 || layer > num_layers) {
      fail(ErrorKind::kUsage, session.folder().string(), ": there is no layer ", layer, "; the model has ", num_layers,
           ", from 1 or -", num_layers, " to ", num_layers, " or -1, and 0 or -", num_layers + 1, ", the embeddings");
    }
    if (layer < 0) layer += num_layers + 1;
  }
  vector_size_ = session.config().hidden_size * (combination_.name == "concat" ? std::ssize(config_.layers) : 1);
}

std::vector<Embedding> Embedder::embed(const std::vector<Sequence>& sequences) {
  std::vector<Embedding> embeddings(sequences.size());
  session_.run(sequences, [&](const SequenceBatch& batch) {
    const at::Tensor vectors = combine(batch.output.hidden_states);
    for (std::size_t b = 0; b < batch.indices.size(); ++b) {
      const std::size_t i = batch.indices[b];
      const at::Tensor own = vectors.select(0, static_cast<std::int64_t>(b)).narrow(0, 0, sequences[i].length());
      embeddings[i] = pool(own, sequences[i]);
    }
  });
  return embeddings;
}

// -> [B, T, D] float32 on the CPU.
at::Tensor Embedder::combine(const std::vector<at::Tensor>& hidden_states) const {
  std::vector<at::Tensor> layers;
  for (const std::int64_t layer : config_.layers)
    layers.push_back(hidden_states[static_cast<std::size_t>(layer)].to(at::kFloat));
  return combination_.combine(layers).cpu();
}

// `vectors` [T, D]
Embedding Embedder::pool(const at::Tensor& vectors, const Sequence& sequence) const {
  const bool exclude_special = config_.exclude_special && pooling_.may_exclude_special;
  Embedding embedding;
  embedding.rows = rows_of(sequence, pooling_.rows, exclude_special);
  auto pooled = at::zeros({std::ssize(embedding.rows), vector_size_});  // A text without tokens that count stays 0.
  for (std::size_t row = 0; row < embedding.rows.size(); ++row) {
    const auto tokens = tokens_of(embedding.rows[row], sequence, exclude_special);
    if (tokens.empty()) continue;
    pooled[static_cast<std::int64_t>(row)] = pooling_.vector(vectors.index_select(0, torch::tensor(tokens, at::kLong)));
  }
  if (config_.normalize) pooled = pooled / pooled.norm(2, 1, true).clamp_min(1e-12);
  pooled = pooled.contiguous();
  const float* const data = pooled.data_ptr<float>();
  embedding.values.assign(data, data + pooled.numel());
  return embedding;
}

double cosine_similarity(const float* a, const float* b, std::int64_t size) {
  double product = 0, square_a = 0, square_b = 0;
  for (std::int64_t i = 0; i < size; ++i) {
    product += double{a[i]} * double{b[i]};
    square_a += double{a[i]} * double{a[i]};
    square_b += double{b[i]} * double{b[i]};
  }
  const double lengths = std::sqrt(square_a) * std::sqrt(square_b);
  return lengths == 0 ? 0 : std::clamp(product / lengths, -1.0, 1.0);
}

}  // namespace bertforge
