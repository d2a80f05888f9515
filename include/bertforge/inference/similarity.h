#pragma once
// Which vectors are alike: all of them with each other, or the nearest to one.
//
// Fed by embedding.h; eaten by the command similarity.

#include <cstdint>
#include <string>
#include <vector>

#include "bertforge/inference/embedding.h"

namespace bertforge {

// [n, n] of the n vectors of `embeddings`, each of which has one row.
std::vector<std::vector<double>> similarity_matrix(const std::vector<Embedding>& embeddings);

// A line of a text that was looked through.
struct Hit {
  double similarity = 0;
  std::int64_t line = 0;  // From 1.
  std::string text;
};

// The lines nearest to a query, with memory for `top` of them. Equal ones: the earlier line is nearer.
class NearestLines {
 public:
  // REQUIRES: top > 0; `query` has one row.
  NearestLines(Embedding query, std::int64_t top) : query_(std::move(query)), top_(top) {}

  void add(const Embedding& embedding, std::int64_t line, const std::string& text);
  std::vector<Hit> hits() const;  // The nearest first.

 private:
  Embedding query_;
  std::int64_t top_;
  std::vector<Hit> heap_;  // The farthest of the nearest on top.
};

}  // namespace bertforge
