#pragma once
// A bounded cache from the bytes of a chunk to its ids.
//
// Used by chunk_encoder.h, one for each thread. A slot of 32 bytes is half a cache line: the key is the chunk itself, up to 16
// bytes and zeros behind them; the value up to three ids, or the place of more. A chunk may stand in its home or in any of the
// seven slots behind it; where all are taken one makes room. What is found away from home moves there.

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "bertforge/base/memory.h"
#include "bertforge/text/token_batch.h"

namespace bertforge {

// NOTE: zeros at a chunk's end are not told from those behind it: so they must not matter (chunk_encoder.h).
struct ChunkKey {
  static constexpr std::size_t kMaxBytes = 16;

  std::uint64_t low = 0, high = 0;
  bool operator==(const ChunkKey&) const = default;

  // REQUIRES: size <= 16, and 16 bytes from `bytes` on may be read.
  static ChunkKey of(const std::uint8_t* bytes, std::size_t size);
};

class ChunkCache {
 public:
  static constexpr std::uint32_t kMaxIdsInSlot = 3;

  struct Slot {
    ChunkKey key;
    TokenId ids[kMaxIdsInSlot];  // Where there are more: ids[0] is where they begin in the overflow.
    std::uint32_t num_ids;
  };
  static_assert(sizeof(Slot) == 32);

  explicit ChunkCache(int log2_slots);

  std::uint32_t home_of(const ChunkKey& key) const;
  void prefetch(std::uint32_t home) const { __builtin_prefetch(&slots_[home]); }
  const Slot* slots() const { return slots_.get(); }  // By home.

  // The slot of `key`, moved to its home; nullptr where it is not in the cache.
  const Slot* find(const ChunkKey& key, std::uint32_t home);
  // REQUIRES: find() gave nullptr.
  void insert(const ChunkKey& key, std::uint32_t home, std::span<const TokenId> ids);

  std::span<const TokenId> ids_of(const Slot& slot) const;
  std::size_t num_slots() const { return mask_ + 1; }
  std::size_t memory_bytes() const;

 private:
  static constexpr std::uint32_t kWindow = 8;  // Slots in which a key may stand.
  static constexpr std::size_t kMaxOverflow = std::size_t{1} << 20;

  void clear();
  Slot& choose_slot(std::uint32_t home);

  std::uint64_t mask_;
  LargeArray<Slot> slots_;
  std::vector<TokenId> overflow_;
  std::uint32_t next_victim_ = 0;
};

inline ChunkKey ChunkKey::of(const std::uint8_t* bytes, std::size_t size) {
  struct Mask {
    std::uint64_t low, high;
  };
  static constexpr auto kMasks = [] {
    std::array<Mask, kMaxBytes + 1> masks{};
    for (std::size_t i = 1; i <= kMaxBytes; ++i) {
      masks[i].low = i >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << 8 * i) - 1;
      masks[i].high = i <= 8 ? 0 : i == 16 ? ~std::uint64_t{0} : (std::uint64_t{1} << 8 * (i - 8)) - 1;
    }
    return masks;
  }();
  ChunkKey key;
  std::memcpy(&key.low, bytes, sizeof key.low);
  std::memcpy(&key.high, bytes + sizeof key.low, sizeof key.high);
  key.low &= kMasks[size].low;
  key.high &= kMasks[size].high;
  return key;
}

// Both halves of a 128-bit product, folded (Wang Yi's wyhash): good in all its bits for two instructions.
inline std::uint32_t ChunkCache::home_of(const ChunkKey& key) const {
  __extension__ using Product = unsigned __int128;
  const Product product = static_cast<Product>(key.low ^ 0x9E3779B97F4A7C15) * (key.high ^ 0xD1B54A32D192ED03);
  const auto folded = static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  return static_cast<std::uint32_t>(folded & mask_);
}

}  // namespace bertforge
