// The scanner for any machine, a byte at a time: the plain twin of the vectorised ones.

#include "chunk_scanner_loop.h"

namespace bertforge {
namespace {

struct PortableBlock {
  explicit PortableBlock(const AsciiClasses& classes) : classes(classes) {}

  BlockMasks load(const char* text, std::size_t size, std::uint8_t* lowered) const {
    BlockMasks masks{size < 64 ? ~std::uint64_t{0} << size : 0, 0};
    for (std::size_t i = 0; i < size; ++i) {
      const auto byte = static_cast<std::uint8_t>(text[i]);
      const std::uint8_t kind = byte < 128 ? classes.kinds[byte] : 0;
      lowered[i] = byte < 128 ? classes.lower[byte] : byte;
      masks.boundaries |= static_cast<std::uint64_t>(kind >> 7) << i;
      masks.tokens |= static_cast<std::uint64_t>(kind >> 6 & 1) << i;
    }
    return masks;
  }

  std::size_t write_positions(std::uint64_t mask, std::size_t offset, std::uint16_t* positions) const {
    std::size_t count = 0;
    for (; mask != 0; mask &= mask - 1) {
      positions[count++] = static_cast<std::uint16_t>(offset + static_cast<std::size_t>(__builtin_ctzll(mask)));
    }
    return count;
  }

  const AsciiClasses& classes;
};

}  // namespace

std::size_t scan_chunks_portable(const AsciiClasses& classes, const char* text, std::size_t size, ChunkBatch& batch) {
  return scan_chunks<PortableBlock>(classes, text, size, batch);
}

}  // namespace bertforge
