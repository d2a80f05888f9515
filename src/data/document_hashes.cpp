#include "document_hashes.h"

#include "bertforge/base/error.h"

namespace bertforge {

namespace {

// The finalizer of MurmurHash3 (Appleby), over the state and one word.
std::uint64_t mix(std::uint64_t state, std::uint64_t word) {
  state = (state ^ word) * 0xff51afd7ed558ccdU;
  state = (state ^ (state >> 33)) * 0xc4ceb9fe1a85ec53U;
  return state ^ (state >> 33);
}

}  // namespace

std::uint64_t document_hash(std::span<const TokenId> ids, std::span<const std::int64_t> sentence_lengths) {
  std::uint64_t hash = mix(0x626572746f6e6765U, ids.size());
  for (const TokenId id : ids) hash = mix(hash, static_cast<std::uint64_t>(id));
  for (const std::int64_t length : sentence_lengths) hash = mix(hash, static_cast<std::uint64_t>(length));
  return hash == 0 ? 1 : hash;
}

std::size_t DocumentHashes::slot_of(std::uint64_t hash) const {
  std::size_t slot = hash & (slots_.size() - 1);
  while (slots_[slot] != 0 && slots_[slot] != hash) slot = (slot + 1) & (slots_.size() - 1);
  return slot;
}

bool DocumentHashes::contains(std::uint64_t hash) const { return slots_[slot_of(hash)] == hash; }

bool DocumentHashes::add(std::uint64_t hash) {
  BERTFORGE_CHECK(hash != 0);
  const std::size_t slot = slot_of(hash);
  if (slots_[slot] == hash) return false;
  slots_[slot] = hash;
  if (++size_ * 10 > slots_.size() * 7) grow();
  return true;
}

void DocumentHashes::grow() {
  std::vector<std::uint64_t> old(slots_.size() * 2);
  old.swap(slots_);
  for (const std::uint64_t hash : old) {
    if (hash != 0) slots_[slot_of(hash)] = hash;
  }
}

}  // namespace bertforge
