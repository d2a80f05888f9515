#include "bertforge/base/random.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "bertforge/base/error.h"

namespace bertforge {
namespace {

constexpr std::uint32_t low(std::uint64_t word) { return static_cast<std::uint32_t>(word); }
constexpr std::uint32_t high(std::uint64_t word) { return static_cast<std::uint32_t>(word >> 32); }
constexpr std::uint64_t join(std::uint32_t low, std::uint32_t high) { return low | (std::uint64_t{high} << 32); }

__extension__ typedef unsigned __int128 Uint128;

}  // namespace

std::uint64_t CounterRandom::next() {
  const std::uint64_t draw = num_draws_++;
  if (draw % 2 == 1) return spare_;
  const std::uint64_t block_index = draw / 2;
  const PhiloxCounter block = philox4x32({low(block_index), high(block_index), 0, 0}, {low(key_), high(key_)});
  spare_ = join(block[2], block[3]);
  return join(block[0], block[1]);
}

double CounterRandom::unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }

std::uint64_t CounterRandom::below(std::uint64_t n) {
  BERTFORGE_CHECK(n > 0, "below(0)");
  // Lemire 2019, "Fast random integer generation in an interval": the high word of next() * n, after those products are
  // rejected whose low word falls below 2^64 mod n.
  Uint128 product = Uint128{next()} * n;
  if (static_cast<std::uint64_t>(product) < n) {
    const std::uint64_t threshold = -n % n;
    while (static_cast<std::uint64_t>(product) < threshold) product = Uint128{next()} * n;
  }
  return static_cast<std::uint64_t>(product >> 64);
}

double CounterRandom::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - unit()));  // 1 - unit() is never 0.
  return radius * std::cos(2.0 * std::numbers::pi * unit());
}

KeyedPermutation::KeyedPermutation(std::uint64_t size, std::uint64_t key) : size_(size), key_(key) {
  const int bits = size < 2 ? 0 : std::bit_width(size - 1);
  half_bits_ = std::max(kMinHalfBits, (bits + 1) / 2);
}

std::uint64_t KeyedPermutation::operator()(std::uint64_t position) const {
  BERTFORGE_CHECK(position < size_, "position ", position, " of ", size_);
  std::uint64_t value = encrypt(position);
  while (value >= size_) value = encrypt(value);
  return value;
}

std::uint64_t KeyedPermutation::encrypt(std::uint64_t value) const {
  constexpr int kNumRounds = 4;
  constexpr std::uint32_t kPermutationTag = 0x7065726d;  // "perm": apart from the counters of draws and forks.
  const std::uint64_t mask = (std::uint64_t{1} << half_bits_) - 1;
  std::uint32_t left = low(value >> half_bits_), right = low(value & mask);
  for (std::uint32_t round = 0; round < kNumRounds; ++round) {
    const PhiloxCounter block = philox4x32({right, round, kPermutationTag, 0}, {low(key_), high(key_)});
    const std::uint32_t mixed = (left ^ block[0]) & low(mask);
    left = right;
    right = mixed;
  }
  return (std::uint64_t{left} << half_bits_) | right;
}

}  // namespace bertforge
