// The scanner with AVX2 and BMI: two vectors of 32 bytes a block. Compiled for those instructions (CMakeLists.txt).

#include <immintrin.h>

#include "chunk_scanner_loop.h"

namespace bertforge {
namespace {

// A byte is of a kind where row[low half] has the bit of its high half: an exact test for any set of ASCII characters, with
// two shuffles (Langdale's "shufti"). A byte of 0x80 and more has no bit.
struct Avx2Block {
  explicit Avx2Block(const AsciiClasses& classes) {
    boundaries = _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(classes.boundary_rows)));
    tokens = _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(classes.token_rows)));
    case_bit = _mm256_set1_epi8(classes.lowers ? 0x20 : 0);
  }

  BlockMasks load(const char* text, std::size_t size, std::uint8_t* lowered) const {
    alignas(32) std::uint8_t padded[64];
    if (size < 64) {
      for (int i = 0; i < 64; i += 32)
        _mm256_store_si256(reinterpret_cast<__m256i*>(padded + i), _mm256_setzero_si256());
      __builtin_memcpy(padded, text, size);
      text = reinterpret_cast<const char*>(padded);
    }
    const BlockMasks low = load_half(text, lowered), high = load_half(text + 32, lowered + 32);
    BlockMasks masks{low.boundaries | high.boundaries << 32, low.tokens | high.tokens << 32};
    if (size < 64) {
      const std::uint64_t behind = ~std::uint64_t{0} << size;
      masks.boundaries |= behind;
      masks.tokens &= ~behind;
    }
    return masks;
  }

  BlockMasks load_half(const char* text, std::uint8_t* lowered) const {
    const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text));
    const __m256i is_upper = _mm256_and_si256(_mm256_cmpgt_epi8(bytes, _mm256_set1_epi8('A' - 1)),
                                              _mm256_cmpgt_epi8(_mm256_set1_epi8('Z' + 1), bytes));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(lowered),
                        _mm256_or_si256(bytes, _mm256_and_si256(is_upper, case_bit)));
    const __m256i high_halves = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(15));
    const __m256i bits = _mm256_shuffle_epi8(_mm256_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0, 1,
                                                              2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0),
                                             high_halves);
    return {mask_of(boundaries, bytes, bits), mask_of(tokens, bytes, bits)};
  }

  // NOTE: the shuffle gives 0 for bytes of 0x80 and more.
  static std::uint64_t mask_of(__m256i rows, __m256i bytes, __m256i bits) {
    const __m256i found = _mm256_and_si256(_mm256_shuffle_epi8(rows, bytes), bits);
    const __m256i none = _mm256_cmpeq_epi8(found, _mm256_setzero_si256());
    return static_cast<std::uint32_t>(~_mm256_movemask_epi8(none));
  }

  // Eight at a time, whether there are so many or not: a branch for each would be mispredicted.
  std::size_t write_positions(std::uint64_t mask, std::size_t offset, std::uint16_t* positions) const {
    const auto count = static_cast<std::size_t>(_mm_popcnt_u64(mask));
    for (std::size_t i = 0; i < count; i += 8) {
      for (std::size_t j = 0; j < 8; ++j) {
        positions[i + j] = static_cast<std::uint16_t>(offset + _tzcnt_u64(mask));
        mask = _blsr_u64(mask);
      }
    }
    return count;
  }

  __m256i boundaries, tokens, case_bit;
};

}  // namespace

std::size_t scan_chunks_avx2(const AsciiClasses& classes, const char* text, std::size_t size, ChunkBatch& batch) {
  return scan_chunks<Avx2Block>(classes, text, size, batch);
}

}  // namespace bertforge
