// The scanner with AVX-512 VBMI and VBMI2: a block is one vector. Compiled for those instructions (CMakeLists.txt).

#include <immintrin.h>

#include "chunk_scanner_loop.h"

namespace bertforge {
namespace {

alignas(64) constexpr std::uint8_t kCounting[64] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                                    16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
                                                    32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
                                                    48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};

struct Avx512Block {
  explicit Avx512Block(const AsciiClasses& classes)
      : kinds_low(_mm512_load_si512(classes.kinds)),
        kinds_high(_mm512_load_si512(classes.kinds + 64)),
        lower_low(_mm512_load_si512(classes.lower)),
        lower_high(_mm512_load_si512(classes.lower + 64)) {
    indices = _mm512_load_si512(kCounting);
  }

  BlockMasks load(const char* text, std::size_t size, std::uint8_t* lowered) const {
    const std::uint64_t present = _bzhi_u64(~std::uint64_t{0}, static_cast<unsigned>(size));
    const __m512i bytes = _mm512_maskz_loadu_epi8(present, text);
    const std::uint64_t is_not_ascii = _mm512_movepi8_mask(bytes);
    const __m512i lower = _mm512_permutex2var_epi8(lower_low, bytes, lower_high);
    _mm512_storeu_si512(lowered, _mm512_mask_mov_epi8(lower, is_not_ascii, bytes));
    const __m512i kinds = _mm512_maskz_permutex2var_epi8(~is_not_ascii & present, kinds_low, bytes, kinds_high);
    return {_mm512_movepi8_mask(kinds) | ~present,
            _mm512_test_epi8_mask(kinds, _mm512_set1_epi8(AsciiClasses::kToken))};
  }

  // The indices of the bits move to the front, and grow to 16 bits.
  std::size_t write_positions(std::uint64_t mask, std::size_t offset, std::uint16_t* positions) const {
    const __m512i packed = _mm512_maskz_compress_epi8(mask, indices);
    const __m512i offsets = _mm512_set1_epi16(static_cast<short>(offset));
    const auto count = static_cast<std::size_t>(_mm_popcnt_u64(mask));
    _mm512_storeu_si512(positions, _mm512_add_epi16(offsets, _mm512_cvtepu8_epi16(_mm512_castsi512_si256(packed))));
    if (count > 32) {
      const __m256i rest = _mm512_extracti64x4_epi64(packed, 1);
      _mm512_storeu_si512(positions + 32, _mm512_add_epi16(offsets, _mm512_cvtepu8_epi16(rest)));
    }
    return count;
  }

  __m512i kinds_low, kinds_high, lower_low, lower_high, indices;
};

}  // namespace

std::size_t scan_chunks_avx512(const AsciiClasses& classes, const char* text, std::size_t size, ChunkBatch& batch) {
  return scan_chunks<Avx512Block>(classes, text, size, batch);
}

}  // namespace bertforge
