#pragma once
// The loop that all scanners share; what differs is how sixty-four bytes become bit masks, and bit masks positions.
//
// NOTE: included by files that are compiled for instructions which this machine may not have. So everything here is in an
// unnamed namespace, and nothing of the standard library is called: no copy of an inline function made for those instructions
// can end up in the rest of the program.

#include "chunk_scanner.h"

namespace bertforge {
namespace {

constexpr std::size_t kPrefetchBytes = 2048;

// Of sixty-four bytes, a bit each.
struct BlockMasks {
  std::uint64_t boundaries, tokens;
};

// Block::load(classes, text, size, lowered): the masks of the first `size` (1 to 64) bytes of `text`, those behind them being
// dropped boundaries; writes 64 lowered bytes. Block::write_positions(mask, offset, positions): writes offset + i for every
// bit i, in order, and up to 64 positions of anything behind them; returns how many bits there are.
template <class Block>
std::size_t scan_chunks(const AsciiClasses& classes, const char* text, std::size_t size, ChunkBatch& batch) {
  const std::size_t room = (ChunkBatch::kMaxBytes - batch.num_bytes) / 64 * 64;
  const bool is_cut = size > room;
  const std::size_t length = is_cut ? room : size;
  const Block block(classes);
  std::size_t num_begins = batch.num_chunks, num_ends = batch.num_chunks;
  std::uint64_t in_chunk = 0, behind_token = 0;  // Of the last byte: whether a chunk goes on, or a boundary was one.
  for (std::size_t position = 0; position < length; position += 64) {
    const std::size_t left = length - position, offset = batch.num_bytes + position;
    // The texts of a batch tend to lie one behind the other, and the cache's look-ups in between upset the CPU's own guess.
    __builtin_prefetch(text + position + kPrefetchBytes);
    const BlockMasks masks = block.load(text + position, left < 64 ? left : 64, batch.bytes + offset);
    const std::uint64_t inside = ~masks.boundaries;
    const std::uint64_t after_inside = inside << 1 | in_chunk;
    const std::uint64_t begins = (inside & ~after_inside) | masks.tokens;
    const std::uint64_t ends = (masks.boundaries & after_inside) | (masks.tokens << 1 | behind_token);
    in_chunk = inside >> 63;
    behind_token = masks.tokens >> 63;
    num_begins += block.write_positions(begins, offset, batch.begins + num_begins);
    num_ends += block.write_positions(ends, offset, batch.ends + num_ends);
  }
  std::size_t done = length;
  if (behind_token != 0 || (in_chunk != 0 && !is_cut)) {
    batch.ends[num_ends++] = static_cast<std::uint16_t>(batch.num_bytes + length);
  } else if (in_chunk != 0) {
    done = batch.begins[--num_begins] - batch.num_bytes;  // It may go on behind the cut.
  }
  batch.num_chunks = num_begins;
  batch.num_bytes += done;
  return done;
}

}  // namespace
}  // namespace bertforge
