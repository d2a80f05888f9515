#pragma once
// The pairing of next-sentence prediction, over any generator: the algorithm itself, draw for draw.
//
// Fed by pairing.h, and by static_instances.h with CPython's generator; feeds SentencePair.
// Source: google-research/bert, create_pretraining_data.py, create_instances_from_document and truncate_seq_pair.
//
// All draws of a chunk come from its own generator, forked by the chunk's first sentence, so that a chunk does not depend on
// how many draws the one before it made. CPython's fork returns itself: then all draws come in the reference's order.

#include <algorithm>

#include "bertforge/data/pairing.h"

namespace bertforge {

struct NspChunk {
  std::int64_t document = 0;
  SentenceRange sentences;  // Of the dataset. A is [begin, a_end), the true B [a_end, end).
  std::int64_t a_end = 0;
  std::int64_t target_length = 0;  // Tokens of A and B together that the chunk aims at.
  bool is_random_next = false;

  // A random B leaves the true one for the next chunk.
  std::int64_t next_begin() const { return is_random_next ? a_end : sentences.end; }
  bool has_example() const { return is_random_next || a_end < sentences.end; }
};

template <RandomGenerator Generator>
std::int64_t draw_target_length(const PairingConfig& config, Generator& random) {
  const std::int64_t longest = config.max_num_tokens();
  if (random.unit() >= config.short_seq_prob) return longest;
  return 2 + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(longest - 1)));
}

// The sentences of the chunk's own document that a mended random B may open with: all but A's and the one that follows A.
// They are used only where the dataset has no other document.
inline std::int64_t num_own_random_starts(const SentenceIndex& index, const NspChunk& chunk) {
  const SentenceRange document = index.document(chunk.document);
  return document.size() - (std::min(chunk.a_end + 1, document.end) - chunk.sentences.begin);
}

template <RandomGenerator Generator>
NspChunk draw_nsp_chunk(const SentenceIndex& index, ChunkStart start, std::int64_t target_length,
                        const PairingConfig& config, Generator& random) {
  const SentenceRange document = index.document(start.document);
  NspChunk chunk;
  chunk.document = start.document;
  chunk.target_length = target_length;
  chunk.sentences = {document.begin + start.sentence, document.begin + start.sentence + 1};
  while (chunk.sentences.end < document.end && index.tokens(chunk.sentences).size() < target_length)
    ++chunk.sentences.end;

  const std::int64_t num_sentences = chunk.sentences.size();
  chunk.a_end = chunk.sentences.begin + 1;
  if (num_sentences > 1)
    chunk.a_end += static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(num_sentences - 1)));
  chunk.is_random_next = num_sentences == 1 || random.unit() < 0.5;

  if (!config.random_next_from_same_document && index.num_documents() == 1 &&
      num_own_random_starts(index, chunk) == 0) {
    chunk.is_random_next = false;
  }
  return chunk;
}

// Any document but the chunk's own, and any sentence of it. The reference draws until it meets another document, at most ten
// times, and then takes its own: that is how a "random" B can be the true one.
template <RandomGenerator Generator>
SentenceRange draw_random_start(const SentenceIndex& index, const NspChunk& chunk, const PairingConfig& config,
                                Generator& random) {
  const auto below = [&](std::int64_t n) {
    return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(n)));
  };
  const std::int64_t num_documents = index.num_documents();
  std::int64_t place = chunk.document;
  if (config.random_next_from_same_document) {
    for (int attempt = 0; attempt < 10; ++attempt) {
      place = below(num_documents);
      if (place != chunk.document) break;
    }
  } else if (num_documents > 1) {
    place = below(num_documents - 1);
    place += place >= chunk.document;
  } else {
    const SentenceRange document = index.document(place);
    const std::int64_t first = document.begin + below(num_own_random_starts(index, chunk));
    if (first < chunk.sentences.begin) return {first, chunk.sentences.begin};
    return {first + (chunk.a_end + 1 - chunk.sentences.begin), document.end};
  }
  const SentenceRange document = index.document(place);
  return {document.begin + below(document.size()), document.end};
}

// A random run of sentences as long as the target leaves room for, one at least.
template <RandomGenerator Generator>
SentenceRange draw_random_next(const SentenceIndex& index, const NspChunk& chunk, const PairingConfig& config,
                               Generator& random) {
  const std::int64_t wanted = chunk.target_length - index.tokens({chunk.sentences.begin, chunk.a_end}).size();
  const SentenceRange available = draw_random_start(index, chunk, config, random);
  SentenceRange next{available.begin, available.begin + 1};
  while (next.end < available.end && index.tokens(next).size() < wanted) ++next.end;
  return next;
}

// Cuts the longer of the two (B where they are equal), at its front or its back, until both fit.
template <RandomGenerator Generator>
void truncate_pair(SentencePair& pair, std::int64_t max_num_tokens, Generator& random) {
  while (pair.a.size() + pair.b.size() > max_num_tokens) {
    TokenRange& longer = pair.a.size() > pair.b.size() ? pair.a : pair.b;
    if (random.unit() < 0.5) {
      ++longer.begin;
    } else {
      --longer.end;
    }
  }
}

// REQUIRES: chunk.has_example().
template <RandomGenerator Generator>
SentencePair draw_nsp_pair(const SentenceIndex& index, const NspChunk& chunk, const PairingConfig& config,
                           Generator& random) {
  SentencePair pair;
  pair.is_random_next = chunk.is_random_next;
  pair.a = index.tokens({chunk.sentences.begin, chunk.a_end});
  pair.b = index.tokens(chunk.is_random_next ? draw_random_next(index, chunk, config, random)
                                             : SentenceRange{chunk.a_end, chunk.sentences.end});
  truncate_pair(pair, config.max_num_tokens(), random);
  return pair;
}

// Calls visit(chunk, random of the chunk) for the chunks of a document, from `start` on, until it returns false.
template <RandomGenerator Generator, class Visit>
void visit_nsp_chunks(const SentenceIndex& index, ChunkStart start, const PairingConfig& config,
                      Generator& document_random, Visit visit) {
  const SentenceRange document = index.document(start.document);
  std::int64_t target_length = 0;
  if (config.short_seq_per_document) target_length = draw_target_length(config, document_random);

  while (start.sentence < document.size()) {
    auto&& random = document_random.fork(RandomPurpose::kPairing, static_cast<std::uint64_t>(start.sentence));
    if (!config.short_seq_per_document) target_length = draw_target_length(config, random);
    const NspChunk chunk = draw_nsp_chunk(index, start, target_length, config, random);
    if (!visit(chunk, random)) return;
    start.sentence = chunk.next_begin() - document.begin;
  }
}

}  // namespace bertforge
