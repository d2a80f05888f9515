#pragma once
// Vectors of floats in the vector extension of GCC and Clang: one source for every instruction set.
//
// A file of src/kernels/levels sets the instructions (CMake's COMPILE_OPTIONS) and a `Level` of its own:
//   struct Level { static constexpr int kLanes = 8; };
// Functions are templates over Level, or inlined always: were one instantiation shared between levels, the linker would
// keep one of them, and an older CPU would meet instructions it lacks. `nm -C` of a level's object shows no weak symbol
// without the level's name (tools/check_levels.py).

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "bertforge/kernels/bfloat16.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace bertforge::simd {

#define BERTFORGE_INLINE [[gnu::always_inline]] inline

template <class Level>
using Floats [[gnu::vector_size(4 * Level::kLanes)]] = float;
template <class Level>
using Ints [[gnu::vector_size(4 * Level::kLanes)]] = std::int32_t;
template <class Level>
using Words [[gnu::vector_size(4 * Level::kLanes)]] = std::uint32_t;
template <class Level>
using Wides [[gnu::vector_size(4 * Level::kLanes)]] = std::uint64_t;  // Half as many lanes.
template <class Level>
using Halves [[gnu::vector_size(2 * Level::kLanes)]] = std::uint16_t;

// How many lanes of a vector stand for elements: all, known when compiling, or the first few of a row's end.
template <class Level>
using All = std::integral_constant<int, Level::kLanes>;

// body(first, count) for the vectors of a row of `size` elements; count is All<Level>, and an int for a last incomplete
// one.
template <class Level, class Body>
BERTFORGE_INLINE void for_vectors(std::int64_t size, const Body& body) {
  std::int64_t i = 0;
  for (; i + Level::kLanes <= size; i += Level::kLanes) body(i, All<Level>());
  if (i < size) body(i, static_cast<int>(size - i));
}

template <class Level>
BERTFORGE_INLINE Floats<Level> splat(float value) {
  return value - Floats<Level>{};
}

template <class To, class From>
BERTFORGE_INLINE To bit_cast(const From& from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

// Bytes of `count` elements; the rest of the vector is 0.
template <class Vector, class T, class Count>
BERTFORGE_INLINE Vector load_elements(const T* from, Count count) {
  Vector vector{};
  if constexpr (std::is_same_v<Count, int>) {
    for (int i = 0; i < count; ++i) std::memcpy(reinterpret_cast<T*>(&vector) + i, from + i, sizeof(T));
  } else {
    std::memcpy(&vector, from, sizeof vector);
  }
  return vector;
}

template <class T, class Vector, class Count>
BERTFORGE_INLINE void store_elements(const Vector& vector, T* to, Count count) {
  if constexpr (std::is_same_v<Count, int>) {
    for (int i = 0; i < count; ++i)
      std::memcpy(static_cast<void*>(to + i), reinterpret_cast<const T*>(&vector) + i, sizeof(T));
  } else {
    std::memcpy(static_cast<void*>(to), &vector, sizeof vector);
  }
}

// GCC 12 takes __builtin_convertvector apart into halves and puts them together again, seven instructions for one.
template <class Level>
BERTFORGE_INLINE Words<Level> widen(Halves<Level> halves) {
#ifdef __AVX512F__
  if constexpr (Level::kLanes == 16) return bit_cast<Words<Level>>(_mm512_cvtepu16_epi32(bit_cast<__m256i>(halves)));
#endif
#ifdef __AVX2__
  if constexpr (Level::kLanes == 8) return bit_cast<Words<Level>>(_mm256_cvtepu16_epi32(bit_cast<__m128i>(halves)));
#endif
  return __builtin_convertvector(halves, Words<Level>);
}

template <class Level, class Count = All<Level>>
BERTFORGE_INLINE Floats<Level> load(const float* from, Count count = {}) {
  return load_elements<Floats<Level>>(from, count);
}

template <class Level, class Count = All<Level>>
BERTFORGE_INLINE Floats<Level> load(const Bfloat16* from, Count count = {}) {
  const auto halves = load_elements<Halves<Level>>(from, count);
  return bit_cast<Floats<Level>>(widen<Level>(halves) << 16);
}

template <class Level, class Count = All<Level>>
BERTFORGE_INLINE void store(Floats<Level> value, float* to, Count count = {}) {
  store_elements(value, to, count);
}

// The products of the lower halves of lanes with `factor`: an instruction that compilers do not find.
template <class Level>
BERTFORGE_INLINE Wides<Level> multiply_low_words(Wides<Level> value, std::uint32_t factor) {
#ifdef __AVX512F__
  if constexpr (Level::kLanes == 16) {
    return bit_cast<Wides<Level>>(_mm512_mul_epu32(bit_cast<__m512i>(value), _mm512_set1_epi64(factor)));
  }
#endif
#ifdef __AVX2__
  if constexpr (Level::kLanes == 8) {
    return bit_cast<Wides<Level>>(_mm256_mul_epu32(bit_cast<__m256i>(value), _mm256_set1_epi64x(factor)));
  }
#endif
#ifdef __SSE2__
  if constexpr (Level::kLanes == 4) {
    return bit_cast<Wides<Level>>(_mm_mul_epu32(bit_cast<__m128i>(value), _mm_set1_epi64x(factor)));
  }
#endif
  return (value & 0xffffffffu) * std::uint64_t{factor};
}

// Bit i: lane i of what a comparison gave.
template <class Level>
BERTFORGE_INLINE std::uint32_t bits_of(Ints<Level> truth) {
#ifdef __AVX512DQ__
  if constexpr (Level::kLanes == 16) return _mm512_movepi32_mask(bit_cast<__m512i>(truth));
#endif
#ifdef __AVX2__
  if constexpr (Level::kLanes == 8) return static_cast<std::uint32_t>(_mm256_movemask_ps(bit_cast<__m256>(truth)));
#endif
#ifdef __SSE2__
  if constexpr (Level::kLanes == 4) return static_cast<std::uint32_t>(_mm_movemask_ps(bit_cast<__m128>(truth)));
#endif
  std::uint32_t bits = 0;
  for (int i = 0; i < Level::kLanes; ++i) bits |= static_cast<std::uint32_t>(truth[i] & 1) << i;
  return bits;
}

// Rounds to nearest even; a NaN stays one.
template <class Level>
BERTFORGE_INLINE Halves<Level> to_halves(Floats<Level> value) {
#ifdef __AVX512BF16__
  if constexpr (Level::kLanes == 16) return bit_cast<Halves<Level>>(_mm512_cvtneps_pbh(bit_cast<__m512>(value)));
#endif
  const auto bits = bit_cast<Words<Level>>(value);
  const Words<Level> rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  return __builtin_convertvector(value == value ? rounded : (bits >> 16) | 0x40, Halves<Level>);
}

template <class Level, class Count = All<Level>>
BERTFORGE_INLINE void store(Floats<Level> value, Bfloat16* to, Count count = {}) {
  store_elements(to_halves<Level>(value), to, count);
}

// What `value` becomes when it is stored as T.
template <class Level, class T>
BERTFORGE_INLINE Floats<Level> rounded_as(Floats<Level> value) {
  if constexpr (std::is_same_v<T, float>) return value;
  return bit_cast<Floats<Level>>(widen<Level>(to_halves<Level>(value)) << 16);
}

// `value` where the element's bit is set, else 0. `first` is a multiple of the lanes, so that no vector straddles two
// words.
template <class Level>
BERTFORGE_INLINE Floats<Level> keep(const std::uint64_t* bits, std::int64_t first, Floats<Level> value) {
  Words<Level> lane_bit;
  for (int i = 0; i < Level::kLanes; ++i) lane_bit[i] = std::uint32_t{1} << i;
  const auto word = static_cast<std::uint32_t>(bits[first / 64] >> (first % 64));
  return ((word - Words<Level>{}) & lane_bit) != 0 ? value : Floats<Level>{};
}

// The lanes behind the first `count` become `filler`.
template <class Level, class Count>
BERTFORGE_INLINE Floats<Level> fill_behind(Floats<Level> value, Count count, float filler) {
  if constexpr (std::is_same_v<Count, int>) {
    Ints<Level> lane;
    for (int i = 0; i < Level::kLanes; ++i) lane[i] = i;
    return lane < (count - Ints<Level>{}) ? value : splat<Level>(filler);
  } else {
    return value;
  }
}

// a > b ? a : b, and so b where one of them is NaN: as the instruction does, which compilers do not find.
template <class Level>
BERTFORGE_INLINE Floats<Level> maximum(Floats<Level> a, Floats<Level> b) {
#ifdef __AVX512F__
  if constexpr (Level::kLanes == 16) {
    return bit_cast<Floats<Level>>(_mm512_max_ps(bit_cast<__m512>(a), bit_cast<__m512>(b)));
  }
#endif
#ifdef __AVX2__
  if constexpr (Level::kLanes == 8) {
    return bit_cast<Floats<Level>>(_mm256_max_ps(bit_cast<__m256>(a), bit_cast<__m256>(b)));
  }
#endif
  return a > b ? a : b;
}
template <class Level>
BERTFORGE_INLINE Floats<Level> minimum(Floats<Level> a, Floats<Level> b) {
#ifdef __AVX512F__
  if constexpr (Level::kLanes == 16) {
    return bit_cast<Floats<Level>>(_mm512_min_ps(bit_cast<__m512>(a), bit_cast<__m512>(b)));
  }
#endif
#ifdef __AVX2__
  if constexpr (Level::kLanes == 8) {
    return bit_cast<Floats<Level>>(_mm256_min_ps(bit_cast<__m256>(a), bit_cast<__m256>(b)));
  }
#endif
  return a < b ? a : b;
}

// Lanes are added in pairs, in one order for every number of threads.
template <class Level>
BERTFORGE_INLINE float sum_of(Floats<Level> value) {
  float lanes[Level::kLanes];
  std::memcpy(lanes, &value, sizeof lanes);
  for (int width = Level::kLanes / 2; width > 0; width /= 2) {
    for (int i = 0; i < width; ++i) lanes[i] += lanes[i + width];
  }
  return lanes[0];
}

template <class Level>
BERTFORGE_INLINE float maximum_of(Floats<Level> value) {
  float largest = value[0];
  for (int i = 1; i < Level::kLanes; ++i) largest = value[i] > largest ? value[i] : largest;
  return largest;
}

template <class Level>
BERTFORGE_INLINE Floats<Level> square_root(Floats<Level> value) {
  Floats<Level> root;
  for (int i = 0; i < Level::kLanes; ++i) root[i] = __builtin_sqrtf(value[i]);
  return root;
}

// e^r for |r| <= ln(2)/2 by its Taylor series to degree 7: within 1e-8 before rounding.
template <class Level>
BERTFORGE_INLINE Floats<Level> exponential_series(Floats<Level> r) {
  Floats<Level> series = r * (1.0f / 5040) + 1.0f / 720;
  series = series * r + 1.0f / 120;
  series = series * r + 1.0f / 24;
  series = series * r + 1.0f / 6;
  series = series * r + 0.5f;
  series = series * r + 1.0f;
  return series * r + 1.0f;
}

// e^x = 2^n e^r. Below -87 as at -87 (1.6e-38: smaller numbers are slow), above 88 as at 88; of NaN it is NaN, so that a
// broken run is seen.
template <class Level>
BERTFORGE_INLINE Floats<Level> exponential(Floats<Level> input) {
  constexpr float kLog2E = 1.44269504f, kLn2High = 0.693359375f,
                  kLn2Low = -2.12194440e-4f;  // ln(2), its high part exact.
#ifdef __AVX512F__
  if constexpr (Level::kLanes == 16) {  // It rounds, and multiplies by powers of two.
    const Floats<Level> x = minimum<Level>(splat<Level>(88.0f), maximum<Level>(splat<Level>(-87.0f), input));
    const auto n =
        bit_cast<Floats<Level>>(_mm512_roundscale_ps(bit_cast<__m512>(x * kLog2E), _MM_FROUND_TO_NEAREST_INT));
    const Floats<Level> series = exponential_series<Level>((x - n * kLn2High) - n * kLn2Low);
    return bit_cast<Floats<Level>>(_mm512_scalef_ps(bit_cast<__m512>(series), bit_cast<__m512>(n)));
  }
#endif
  const Floats<Level> x = minimum<Level>(maximum<Level>(input, splat<Level>(-87.0f)), splat<Level>(88.0f));
  constexpr float kRounder = 12582912.0f;  // 1.5 * 2^23: a float of that size has no digits behind the point.
  const Floats<Level> shifted = x * kLog2E + kRounder;
  const Floats<Level> n = shifted - kRounder;
  const Floats<Level> series = exponential_series<Level>((x - n * kLn2High) - n * kLn2Low);
  // The last bits of `shifted` are n: moved into the exponent.
  const auto power = bit_cast<Floats<Level>>(bit_cast<Words<Level>>(series) + (bit_cast<Words<Level>>(shifted) << 23));
  return input == input ? power : input;
}

}  // namespace bertforge::simd
