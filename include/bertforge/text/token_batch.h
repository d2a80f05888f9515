#pragma once
// The token ids of many texts, one text after the other.
//
// Filled by Tokenizer::encode_batch; eaten by whoever encodes more than a text at a time. Threads each write into a buffer of
// their own and nothing is copied together afterwards; a text's ids are contiguous, those of neighbours need not be.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "bertforge/base/memory.h"

namespace bertforge {

using TokenId = std::int32_t;

// A growing array of ids whose memory is not written before it is used: clearing it first would cost a large batch as much as
// half of the encoding.
class TokenBuffer {
 public:
  TokenBuffer() = default;

  std::size_t size() const { return size_; }
  const TokenId* data() const { return ids_.get(); }

  // Room for `count` more ids, and where they go; what is written there counts after advance_to().
  TokenId* reserve_more(std::size_t count) {
    if (capacity_ - size_ < count) grow(size_ + count);
    return ids_.get() + size_;
  }
  void advance_to(const TokenId* end) { size_ = static_cast<std::size_t>(end - ids_.get()); }

  void append(std::span<const TokenId> ids);
  void clear() { size_ = 0; }

 private:
  void grow(std::size_t needed);

  LargeArray<TokenId> ids_;
  std::size_t size_ = 0, capacity_ = 0;
};

class TokenBatch {
 public:
  std::size_t size() const { return ends_.size(); }  // Texts.
  std::span<const TokenId> operator[](std::size_t text) const;
  std::size_t num_tokens() const;

  // For those who fill it. Texts come in runs, each written into one buffer by one thread.
  struct Run {
    std::size_t first_text = 0, num_texts = 0;
    std::size_t buffer = 0, begin = 0;  // Where in which buffer the run's ids begin.
  };
  void reset(std::size_t num_texts, std::size_t num_buffers, std::vector<Run> runs);
  TokenBuffer& buffer(std::size_t index) { return buffers_[index]; }
  std::vector<Run>& runs() { return runs_; }
  std::size_t* ends(const Run& run) { return ends_.data() + run.first_text; }  // A text's end, from the run's begin.

 private:
  std::vector<TokenBuffer> buffers_;
  std::vector<Run> runs_;  // In the order of the texts.
  std::vector<std::size_t> ends_;
};

}  // namespace bertforge
