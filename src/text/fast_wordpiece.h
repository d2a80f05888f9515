#pragma once
// The fast twin of WordPieceTokenizer's plain encoding: the same ids, for one text or for many on several threads.
//
// Owned by WordPieceTokenizer. Each thread that encodes borrows a ChunkEncoder, with its cache, and gives it back: what one
// text has taught serves the next.

#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "bertforge/text/encoder_path.h"
#include "bertforge/text/token_batch.h"
#include "chunk_encoder.h"

namespace bertforge {

class FastWordPiece {
 public:
  // nullptr where the fast path cannot give the plain path's ids: the plain one stays. `suffix_indicator` and
  // `max_word_chars`: as the vocabulary's WordPiece has them.
  static std::unique_ptr<FastWordPiece> make(const Vocabulary& vocabulary, const WordPiece& wordpiece, PlainPath plain,
                                             std::string_view suffix_indicator, std::int64_t max_word_chars);

  void encode(std::string_view text, const EncoderExceptions& exceptions, EncoderPath path,
              std::vector<TokenId>& ids) const;
  void encode_batch(std::span<const std::string_view> texts, const EncoderExceptions& exceptions, EncoderPath path,
                    int num_threads, TokenBatch& batch) const;

  bool minds_nul() const { return shared_.classes.kinds[0] == 0 && shared_.classes.stays[0]; }

  // Of everything but the vocabulary: the trie, and the caches made so far.
  std::size_t memory_bytes() const;

 private:
  class Loan;

  explicit FastWordPiece(ChunkVocabulary shared) : shared_(std::move(shared)) {}

  ChunkVocabulary shared_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<ChunkEncoder>> idle_;
  mutable std::size_t num_encoders_ = 0;  // Idle and lent ones.
};

}  // namespace bertforge
