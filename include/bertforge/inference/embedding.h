#pragma once
// Vectors of texts, words and tokens, made of the encoder's hidden states.
//
// Fed by encoder_session.h; eaten by the commands embed and similarity. docs/embeddings.md says what to choose.
// Source: Devlin et al. 2019, section 5.3 (layers and their combination); Reimers and Gurevych 2019 (pooling).
//   H  hidden size      D  size of a vector: H, or H times the layers that are put side by side

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bertforge/inference/encoder_session.h"

namespace bertforge {

struct EmbeddingConfig {
  std::vector<std::int64_t> layers = {-1};  // -1 the last, 0 the embeddings, up to the number of layers.
  std::string combine = "concat";           // Of the layers, in their order; see combinations().
  std::string pool = "mean";                // Of the tokens; see poolings().
  bool exclude_special = false;             // Without [CLS] and [SEP].
  bool normalize = false;                   // Every vector to length 1.
};

// The vectors of one sequence.
struct Embedding {
  struct Row {
    std::int32_t first_token = 0, end_token = 0;  // What of the sequence it stands for, [first, end).
  };
  std::vector<Row> rows;      // One, but for the poolings none and word.
  std::vector<float> values;  // [rows, D]
};

// What the vectors of a text are of.
enum class PooledRows { kText, kTokens, kWords };

// A way to combine layers, or to pool tokens. The tables are in src/inference/embedding.cpp.
struct CombinationEntry {
  std::string_view name, help;
  at::Tensor (*combine)(const std::vector<at::Tensor>& layers);  // Of [B, T, H] -> [B, T, D]
};
struct PoolingEntry {
  std::string_view name, help;
  PooledRows rows;
  bool may_exclude_special;                        // [CLS] itself is what cls asks for.
  at::Tensor (*vector)(const at::Tensor& tokens);  // Of the tokens [n, D] of a row -> [D]
};
std::span<const CombinationEntry> combinations();  // concat, sum, mean, last
std::span<const PoolingEntry> poolings();          // mean, cls, max, none, word

// The pooling of that name; Error(kUsage) with the nearest one.
const PoolingEntry& find_pooling(const std::string& name);

class Embedder {
 public:
  // Error(kUsage): a layer that the model has not, an unknown name. The session outlives the embedder.
  Embedder(EncoderSession& session, EmbeddingConfig config);

  std::int64_t vector_size() const { return vector_size_; }  // D

  // One for each sequence, in their order. Whatever else is in `sequences`, a vector is the same up to rounding.
  std::vector<Embedding> embed(const std::vector<Sequence>& sequences);

 private:
  at::Tensor combine(const std::vector<at::Tensor>& hidden_states) const;
  Embedding pool(const at::Tensor& vectors, const Sequence& sequence) const;

  EncoderSession& session_;
  EmbeddingConfig config_;
  const CombinationEntry& combination_;
  const PoolingEntry& pooling_;
  std::int64_t vector_size_;
};

// a . b / (|a| |b|) in float64, from -1 to 1; 0 where one of them is a vector of zeros. REQUIRES: equal sizes.
double cosine_similarity(const float* a, const float* b, std::int64_t size);

}  // namespace bertforge
