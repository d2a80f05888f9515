#pragma once
// Which documents are equal: 64-bit hashes of their tokens, and a set of them of 8 to 23 bytes a document.

#include <cstdint>
#include <span>
#include <vector>

#include "bertforge/data/token_store.h"

namespace bertforge {

// Of the tokens and where sentences end; equal documents have equal hashes on every machine. Not 0.
std::uint64_t document_hash(std::span<const TokenId> ids, std::span<const std::int64_t> sentence_lengths);

// A set of such hashes: open addressing in one array, at most 0.7 full.
class DocumentHashes {
 public:
  // False where it was there before. REQUIRES: hash is not 0.
  bool add(std::uint64_t hash);
  bool contains(std::uint64_t hash) const;
  std::size_t size() const { return size_; }

 private:
  std::size_t slot_of(std::uint64_t hash) const;  // Where it stands, or the free slot where it would.
  void grow();

  std::vector<std::uint64_t> slots_ = std::vector<std::uint64_t>(64);  // A power of two of them; 0: free.
  std::size_t size_ = 0;
};

}  // namespace bertforge
