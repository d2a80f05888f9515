#pragma once
// Where sentences and documents begin: all that pairing and the epoch plan know of a dataset, no token needed.
//
// Fed by token_store.h, or by any two arrays; eaten by pairing.h and epoch_plan.h. A view: what it shows outlives it.
//   S  sentences of the dataset      D  documents

#include <cstdint>
#include <span>

namespace bertforge {

struct SentenceRange {  // Sentences of the whole dataset, [begin, end)
  std::int64_t begin = 0, end = 0;
  std::int64_t size() const { return end - begin; }
};

struct TokenRange {  // Tokens of the whole dataset, [begin, end)
  std::int64_t begin = 0, end = 0;
  std::int64_t size() const { return end - begin; }
  bool operator==(const TokenRange&) const = default;
};

struct SentenceIndex {
  std::span<const std::uint64_t> sentence_offsets;  // [S + 1], first token of each sentence, and their number
  std::span<const std::uint64_t> document_offsets;  // [D + 1], first sentence of each document, and their number
  std::span<const std::int64_t> order = {};  // [D], which document stands at a place; empty: they stand as stored

  std::int64_t num_documents() const { return std::ssize(document_offsets) - 1; }
  std::int64_t num_sentences() const { return std::ssize(sentence_offsets) - 1; }

  SentenceRange document(std::int64_t place) const {
    const std::int64_t stored = order.empty() ? place : order[place];
    return {static_cast<std::int64_t>(document_offsets[stored]),
            static_cast<std::int64_t>(document_offsets[stored + 1])};
  }
  // The sentences of a range lie one after the other, so that any run of them is one run of tokens.
  TokenRange tokens(SentenceRange sentences) const {
    return {static_cast<std::int64_t>(sentence_offsets[sentences.begin]),
            static_cast<std::int64_t>(sentence_offsets[sentences.end])};
  }
  std::int64_t num_tokens(std::int64_t sentence) const { return tokens({sentence, sentence + 1}).size(); }
};

}  // namespace bertforge
