#include "chunk_cache.h"

#include <algorithm>

namespace bertforge {

ChunkCache::ChunkCache(int log2_slots)
    : mask_((std::uint64_t{1} << log2_slots) - 1), slots_(make_large_array<Slot>(mask_ + kWindow)) {
  clear();
}

void ChunkCache::clear() {
  std::memset(static_cast<void*>(slots_.get()), 0, (mask_ + kWindow) * sizeof(Slot));
  overflow_.clear();
}

// What is often asked for ends up at home, whatever came first.
const ChunkCache::Slot* ChunkCache::find(const ChunkKey& key, std::uint32_t home) {
  Slot* const slots = &slots_[home];
  for (std::uint32_t i = 0; i < kWindow; ++i) {
    if (slots[i].key != key) continue;
    if (i > 0) std::swap(slots[0], slots[i]);
    return slots;
  }
  return nullptr;
}

ChunkCache::Slot& ChunkCache::choose_slot(std::uint32_t home) {
  for (std::uint32_t i = 0; i < kWindow; ++i) {
    if (slots_[home + i].key == ChunkKey()) return slots_[home + i];
  }
  next_victim_ = next_victim_ % (kWindow - 1) + 1;  // Never the one at home: it is in use.
  return slots_[home + next_victim_];
}

void ChunkCache::insert(const ChunkKey& key, std::uint32_t home, std::span<const TokenId> ids) {
  if (overflow_.size() + ids.size() > kMaxOverflow) clear();
  const std::size_t overflow_begin = overflow_.size();
  const bool overflows = ids.size() > kMaxIdsInSlot;
  if (overflows) overflow_.insert(overflow_.end(), ids.begin(), ids.end());  // First: it may throw.
  Slot& slot = choose_slot(home);
  slot.key = key;
  slot.num_ids = static_cast<std::uint32_t>(ids.size());
  if (overflows) {
    slot.ids[0] = static_cast<TokenId>(overflow_begin);
  } else {
    std::copy(ids.begin(), ids.end(), slot.ids);
  }
}

std::span<const TokenId> ChunkCache::ids_of(const Slot& slot) const {
  const TokenId* ids = slot.num_ids <= kMaxIdsInSlot ? slot.ids : overflow_.data() + slot.ids[0];
  return {ids, slot.num_ids};
}

std::size_t ChunkCache::memory_bytes() const {
  return (mask_ + kWindow) * sizeof(Slot) + overflow_.capacity() * sizeof(TokenId);
}

}  // namespace bertforge
