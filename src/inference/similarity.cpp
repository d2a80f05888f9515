#include "bertforge/inference/similarity.h"

#include <algorithm>

namespace bertforge {
namespace {

bool is_nearer(const Hit& a, const Hit& b) {
  return a.similarity != b.similarity ? a.similarity > b.similarity : a.line < b.line;
}

double similarity(const Embedding& a, const Embedding& b) {
  return cosine_similarity(a.values.data(), b.values.data(), std::ssize(a.values));
}

}  // namespace

std::vector<std::vector<double>> similarity_matrix(const std::vector<Embedding>& embeddings) {
  std::vector<std::vector<double>> matrix(embeddings.size());
  for (std::size_t i = 0; i < embeddings.size(); ++i) {
    for (const Embedding& other : embeddings) matrix[i].push_back(similarity(embeddings[i], other));
  }
  return matrix;
}

void NearestLines::add(const Embedding& embedding, std::int64_t line, const std::string& text) {
  heap_.push_back({similarity(query_, embedding), line, text});
  std::push_heap(heap_.begin(), heap_.end(), is_nearer);
  if (std::ssize(heap_) <= top_) return;
  std::pop_heap(heap_.begin(), heap_.end(), is_nearer);
  heap_.pop_back();
}

std::vector<Hit> NearestLines::hits() const {
  std::vector<Hit> sorted = heap_;
  std::sort(sorted.begin(), sorted.end(), is_nearer);
  return sorted;
}

}  // namespace bertforge
