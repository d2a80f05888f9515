#pragma once
// Randomness without hidden state: Philox4x32-10, a function from (key, counter) to bits.
//
// Source: Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"; the authors' known answers
// are in the tests. A generator is forked by purpose and ids, never by drawing from its parent, so a draw depends on
// what it is for (seed, epoch, document, ...) and on nothing else: not on threads, batch size, ranks, or where a run
// was resumed.

#include <array>
#include <concepts>
#include <cstdint>
#include <utility>
#include <vector>

namespace bertforge {

using PhiloxCounter = std::array<std::uint32_t, 4>;
using PhiloxKey = std::array<std::uint32_t, 2>;

// One block of 128 random bits.
constexpr PhiloxCounter philox4x32(PhiloxCounter counter, PhiloxKey key, int num_rounds = 10) {
  for (int round = 0; round < num_rounds; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(a)};
    key = {key[0] + 0x9E3779B9, key[1] + 0xBB67AE85};
  }
  return counter;
}

// What a stream of draws is for. NOTE: the values are part of every seed's meaning; do not change or reuse them.
enum class RandomPurpose : std::uint32_t {
  kPairing = 1,
  kMasking = 2,
  kExampleOrder = 3,
  kInitialization = 4,
  kDropout = 5,
  kEvaluation = 6,
  kVocabularySample = 7,
};

// What the data rooms ask of a source of randomness: CounterRandom here, CPython's generator in the tests.
template <class G>
concept RandomGenerator = requires(G random, std::uint64_t n) {
  { random.unit() } -> std::same_as<double>;           // Uniform in [0, 1).
  { random.below(n) } -> std::same_as<std::uint64_t>;  // Uniform in [0, n), without bias. REQUIRES: n > 0.
  {random.fork(RandomPurpose::kMasking, n)};           // A generator for one purpose; CPython's returns itself.
};

class CounterRandom {
 public:
  explicit constexpr CounterRandom(std::uint64_t seed) : key_(seed) {}

  // A generator that depends on this one's key, the purpose and the ids in order; on none of the draws made so far.
  template <std::convertible_to<std::uint64_t>... Ids>
  constexpr CounterRandom fork(RandomPurpose purpose, Ids... ids) const {
    std::uint64_t key = mix(key_, static_cast<std::uint64_t>(purpose));
    ((key = mix(key, static_cast<std::uint64_t>(ids))), ...);
    return CounterRandom(key);
  }

  std::uint64_t key() const { return key_; }

  std::uint64_t next();                  // 64 uniform bits.
  double unit();                         // Uniform in [0, 1), a multiple of 2^-53.
  std::uint64_t below(std::uint64_t n);  // Uniform in [0, n), without bias. REQUIRES: n > 0.
  double normal();                       // Standard normal (Box-Muller).

 private:
  // A keyed block of Philox compresses (key, word) to a new key.
  static constexpr std::uint64_t mix(std::uint64_t key, std::uint64_t word) {
    const PhiloxCounter block =
        philox4x32({static_cast<std::uint32_t>(word), static_cast<std::uint32_t>(word >> 32), 0x666f726b, 0},
                   {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)});
    return block[0] | (std::uint64_t{block[1]} << 32);
  }

  std::uint64_t key_;
  std::uint64_t num_draws_ = 0;
  std::uint64_t spare_ = 0;  // The second half of the last block: every other draw costs nothing.
};

// Fisher-Yates from the end, the order of draws of CPython's random.shuffle.
template <RandomGenerator Generator, class T>
void shuffle(std::vector<T>& items, Generator& random) {
  for (std::size_t i = items.size(); i-- > 1;) std::swap(items[i], items[random.below(i + 1)]);
}

// A step of Fisher-Yates from the front: any of items[i] .. with equal chance comes to items[i]. For the first few of a
// random order: what is not asked for is not drawn. REQUIRES: i < items.size().
template <RandomGenerator Generator, class T>
void shuffle_next(std::vector<T>& items, std::size_t i, Generator& random) {
  std::swap(items[i], items[i + random.below(items.size() - i)]);
}

// A bijection of [0, size) that is a function of the key: the element at a position is found in O(1), nothing is
// stored. A four-round Feistel network over the next power of four (64 at least: smaller ones shuffle badly), walked
// until it falls inside (Black and Rogaway 2002).
class KeyedPermutation {
 public:
  KeyedPermutation(std::uint64_t size, std::uint64_t key);
  std::uint64_t operator()(std::uint64_t position) const;  // REQUIRES: position < size.
  std::uint64_t size() const { return size_; }

 private:
  static constexpr int kMinHalfBits = 3;
  std::uint64_t encrypt(std::uint64_t value) const;

  std::uint64_t size_, key_;
  int half_bits_;
};

}  // namespace bertforge
