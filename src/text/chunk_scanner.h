#pragma once
// Cuts raw text at its hard boundaries, ASCII white space and ASCII punctuation, sixty-four bytes at a time.
//
// Used by chunk_encoder.h; fills a ChunkBatch, whose chunks that looks up. No state of normalizer or pre-tokenizer crosses a hard
// boundary, so the ids of a chunk depend on its bytes alone. There is one scanner for each set of instructions; all give the
// same batch. How: Lemire and Keiser 2021 for bit masks to positions; the classes of bytes by tables in registers.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bertforge {

// What the 128 ASCII characters are.
struct alignas(64) AsciiClasses {
  static constexpr std::uint8_t kBoundary = 0x80;  // Ends a chunk.
  static constexpr std::uint8_t kToken = 0x40;  // A boundary that is a chunk itself (punctuation); others are dropped.

  std::uint8_t kinds[128];
  std::uint8_t lower[128];  // What stands in the batch: the lower case, or the character itself.
  bool lowers = false;      // Whether A to Z become a to z; nothing else changes.

  bool stays[128];  // Whether a word, or the token, has the character as it is.

  // The same kinds for shuffles: bit h of row l says whether character 16 h + l is of the kind.
  std::uint8_t boundary_rows[16], token_rows[16];

  std::size_t find_boundary(std::string_view text) const;  // The text's size where there is none.
};

// The chunks of several texts. Offsets are into `bytes`.
struct ChunkBatch {
  static constexpr std::size_t kMaxBytes = 4096;
  static constexpr std::size_t kMinRoom = 64;
  static constexpr std::size_t kSlack = 160;  // Scanners write whole vectors.

  alignas(64) std::uint8_t bytes[kMaxBytes + kSlack];
  std::uint16_t begins[kMaxBytes + kSlack];
  std::uint16_t ends[kMaxBytes + kSlack];
  std::uint16_t text_ends[kMaxBytes + kSlack];  // Of every text that ended: how many chunks there were then.
  std::size_t num_bytes, num_chunks, num_text_ends;

  void clear() { num_bytes = num_chunks = num_text_ends = 0; }
  std::size_t room() const { return kMaxBytes - num_bytes; }
};

// Adds the chunks of `text` to `batch`, as far as there is room, and returns how many bytes are done with: all, or up to the
// beginning of a chunk. 0 where the first chunk has no room. REQUIRES: batch.room() >= kMinRoom.
using ScanChunks = std::size_t (*)(const AsciiClasses& classes, const char* text, std::size_t size, ChunkBatch& batch);

std::size_t scan_chunks_portable(const AsciiClasses& classes, const char* text, std::size_t size, ChunkBatch& batch);
std::size_t scan_chunks_avx2(const AsciiClasses& classes, const char* text, std::size_t size, ChunkBatch& batch);
std::size_t scan_chunks_avx512(const AsciiClasses& classes, const char* text, std::size_t size, ChunkBatch& batch);

}  // namespace bertforge
