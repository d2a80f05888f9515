#pragma once
// CPython's random.Random(seed), as far as google-research/bert draws from it: the reference's instances come out of it.
//
// Fed by a seed of 32 bits; eaten by static_instances.h. One stream of draws, so nothing made with it can be made alone.
// Source: Matsumoto and Nishimura 1998 (MT19937, init_by_array); CPython, Lib/random.py and Modules/_randommodule.c.

#include <array>
#include <bit>
#include <cstdint>

#include "bertforge/base/random.h"

namespace bertforge {

class CPythonRandom {
 public:
  explicit CPythonRandom(std::uint32_t seed) {
    std::uint32_t word = 19650218;
    for (std::uint32_t i = 0; i < kSize; ++i) {
      state_[i] = word;
      word = 1812433253U * (word ^ (word >> 30)) + i + 1;
    }
    stir(kSize, 1664525U, [&](std::uint32_t) { return seed; });  // The key is one word, its index 0.
    stir(kSize - 1, 1566083941U, [](std::uint32_t i) { return std::uint32_t{0} - i; });
    state_[0] = 0x80000000U;
  }

  double unit() {
    const std::uint32_t high = next() >> 5, low = next() >> 6;
    return (high * 67108864.0 + low) / 9007199254740992.0;
  }

  std::uint64_t below(std::uint64_t n) {  // Up to 32 bits, as all draws here.
    const int num_bits = std::bit_width(n);
    std::uint32_t value;
    do value = next() >> (32 - num_bits);
    while (value >= n);
    return value;
  }

  // All draws come from one stream, in the order of the reference's program.
  CPythonRandom& fork(RandomPurpose, std::uint64_t) { return *this; }

 private:
  static constexpr std::uint32_t kSize = 624;

  template <class Addend>
  void stir(std::uint32_t num_rounds, std::uint32_t factor, Addend addend) {
    for (; num_rounds > 0; --num_rounds) {
      const std::uint32_t before = state_[index_ - 1];
      state_[index_] = (state_[index_] ^ ((before ^ (before >> 30)) * factor)) + addend(index_);
      if (++index_ == kSize) {
        state_[0] = state_[kSize - 1];
        index_ = 1;
      }
    }
    if (factor == 1566083941U) index_ = kSize;  // All words are used up: the first draw makes new ones.
  }

  void refill() {
    for (std::uint32_t i = 0; i < kSize; ++i) {
      const std::uint32_t y = (state_[i] & 0x80000000U) | (state_[(i + 1) % kSize] & 0x7fffffffU);
      state_[i] = state_[(i + 397) % kSize] ^ (y >> 1) ^ ((y & 1U) != 0 ? 0x9908b0dfU : 0U);
    }
    index_ = 0;
  }

  std::uint32_t next() {
    if (index_ == kSize) refill();
    std::uint32_t y = state_[index_++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680U;
    y ^= (y << 15) & 0xefc60000U;
    return y ^ (y >> 18);
  }

  std::array<std::uint32_t, kSize> state_{};
  std::uint32_t index_ = 1;
};

static_assert(RandomGenerator<CPythonRandom>);

// The reference shuffles the whole list before it takes the first item.
template <class T>
void shuffle_next(std::vector<T>& items, std::size_t i, CPythonRandom& random) {
  if (i == 0) shuffle(items, random);
}

}  // namespace bertforge
