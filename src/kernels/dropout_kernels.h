#pragma once
// A row of dropout's bits, for the kernels that keep them: the rule of dropout.h in vectors.
//
// Philox's ten rounds want products of 32 by 32 bits, which CPUs make in lanes of 64. So the words of a block stand in
// such lanes all along (what is in their upper halves never matters), blocks 0, 2, 4, ... in one vector and 1, 3, 5,
// ... in the next: shifted into each other in the end they lie in order. Compared with the threshold they are bits.
//
// Bound by those products: 320 of them for 128 elements, 40 vectors of AVX-512 on one port. Measured on a core of an
// Intel Xeon with AVX-512: 52 ns for 128 elements.

#include "bertforge/kernels/dropout.h"
#include "simd.h"

namespace bertforge {

// Elements are dealt with in groups of 128: 16 blocks side by side, each giving 8 values of 16 bits. Value `part` of
// block `lane` belongs to element 16 * part + lane, so that neighbours in memory are neighbours in a vector register.
constexpr int kDropoutLanes = 16, kDropoutParts = 8, kDropoutGroup = kDropoutLanes * kDropoutParts;

namespace simd {

// The four words of kLanes / 2 blocks.
template <class Level>
struct PhiloxVectors {
  Wides<Level> words[4];
};

template <class Level>
BERTFORGE_INLINE void philox_round(PhiloxVectors<Level>& blocks, std::uint32_t key0, std::uint32_t key1) {
  Wides<Level>(&c)[4] = blocks.words;
  const Wides<Level> a = multiply_low_words<Level>(c[0], 0xD2511F53u), b = multiply_low_words<Level>(c[2], 0xCD9E8D57u);
  c[0] = (b >> 32) ^ c[1] ^ std::uint64_t{key0};
  c[1] = b;
  c[2] = (a >> 32) ^ c[3] ^ std::uint64_t{key1};
  c[3] = a;
}

// Bits of `length` elements to bits[bit_words(length)], those behind the last 0. Agrees with dropout_keeps().
template <class Level>
[[gnu::noinline]] void dropout_bits(const DropoutRule& rule, std::uint32_t example, std::uint32_t row,
                                    std::int64_t length, std::uint64_t* bits) {
  constexpr int kLanes = Level::kLanes;
  const auto threshold = static_cast<std::uint32_t>(quantized_dropout_probability(rule.probability) * 65536.0);
  const Words<Level> limit = (threshold << 16) - Words<Level>{};
  Wides<Level> even;
  for (int i = 0; i < kLanes / 2; ++i) even[i] = 2 * static_cast<std::uint64_t>(i);
  for (std::int64_t begin = 0; begin < length; begin += kDropoutGroup) {
    std::uint64_t halves[2] = {};  // Of the group
    for (int lane = 0; lane < kDropoutLanes; lane += kLanes) {
      const auto block = static_cast<std::uint32_t>(begin / kDropoutParts + lane);
      // As dropout.cpp counts; PhiloxCounter, a std::array, has functions that levels would share.
      const std::uint64_t counter[4] = {block, row, example,
                                        (rule.key.layer << 8) | static_cast<std::uint32_t>(rule.key.site)};
      PhiloxVectors<Level> blocks[2];
      for (int odd = 0; odd < 2; ++odd) {
        blocks[odd].words[0] = even + (counter[0] + static_cast<std::uint64_t>(odd));
        for (int i = 1; i < 4; ++i) blocks[odd].words[i] = counter[i] - Wides<Level>{};
      }
      auto key0 = static_cast<std::uint32_t>(rule.key.key), key1 = static_cast<std::uint32_t>(rule.key.key >> 32);
#pragma GCC unroll 10
      for (int round = 0; round < 10; ++round, key0 += 0x9E3779B9, key1 += 0xBB67AE85) {
        philox_round<Level>(blocks[0], key0, key1);
        philox_round<Level>(blocks[1], key0, key1);
      }
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i) {
        const Wides<Level> low = blocks[0].words[i] & 0xffffffffu, high = blocks[1].words[i] << 32;
        const auto values = bit_cast<Words<Level>>(low | high);
        const std::uint64_t first = bits_of<Level>((values << 16) >= limit), second = bits_of<Level>(values >= limit);
        halves[i / 2] |= (first | (second << kDropoutLanes)) << (32 * (i % 2) + lane);
      }
    }
    for (int half = 0; half < 2 && begin + 64 * half < length; ++half) {
      const std::int64_t count = length - begin - 64 * half;
      bits[begin / 64 + half] = count >= 64 ? halves[half] : halves[half] & ((std::uint64_t{1} << count) - 1);
    }
  }
}

}  // namespace simd
}  // namespace bertforge
