#include "bertforge/kernels/dropout.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "bertforge/base/random.h"
#include "dropout_kernels.h"

// Chosen once at load by what the CPU has; the sanitizers cannot instrument the choice.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define BERTFORGE_CPU_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define BERTFORGE_CPU_CLONES
#endif

namespace bertforge {
namespace {

constexpr int kLanes = kDropoutLanes, kParts = kDropoutParts, kGroup = kDropoutGroup;

using GroupBits = std::array<std::array<std::uint16_t, kLanes>, kParts>;

std::uint32_t drop_threshold(double probability) {
  return static_cast<std::uint32_t>(std::lround(probability * 65536.0));
}

PhiloxCounter counter_of(const DropoutKey& key, std::uint32_t example, std::uint32_t row, std::uint32_t block) {
  return {block, row, example, (key.layer << 8) | static_cast<std::uint32_t>(key.site)};
}

PhiloxKey philox_key(const DropoutKey& key) {
  return {static_cast<std::uint32_t>(key.key), static_cast<std::uint32_t>(key.key >> 32)};
}

// philox4x32() on 16 counters that differ in their first word only; written in lanes so that compilers vectorise it.
[[gnu::always_inline]] inline void group_bits(PhiloxCounter first, PhiloxKey key, GroupBits& bits) {
  std::uint32_t c0[kLanes], c1[kLanes], c2[kLanes], c3[kLanes];
  for (int lane = 0; lane < kLanes; ++lane) {
    c0[lane] = first[0] + static_cast<std::uint32_t>(lane);
    c1[lane] = first[1];
    c2[lane] = first[2];
    c3[lane] = first[3];
  }
  for (int round = 0; round < 10; ++round) {
    for (int lane = 0; lane < kLanes; ++lane) {
      const std::uint64_t a = std::uint64_t{0xD2511F53} * c0[lane];
      const std::uint64_t b = std::uint64_t{0xCD9E8D57} * c2[lane];
      c0[lane] = static_cast<std::uint32_t>(b >> 32) ^ c1[lane] ^ key[0];
      c1[lane] = static_cast<std::uint32_t>(b);
      c2[lane] = static_cast<std::uint32_t>(a >> 32) ^ c3[lane] ^ key[1];
      c3[lane] = static_cast<std::uint32_t>(a);
    }
    key = {key[0] + 0x9E3779B9, key[1] + 0xBB67AE85};
  }
  for (int lane = 0; lane < kLanes; ++lane) {
    const std::uint32_t words[4] = {c0[lane], c1[lane], c2[lane], c3[lane]};
    for (int part = 0; part < kParts; ++part) {
      bits[part][lane] = static_cast<std::uint16_t>(words[part / 2] >> (16 * (part % 2)));
    }
  }
}

[[gnu::always_inline]] inline void store(float value, float& y) { y = value; }
[[gnu::always_inline]] inline void store(float value, Bfloat16& y) { y = to_bfloat16(value); }

template <class T>
[[gnu::always_inline]] inline void dropout_row_of(const DropoutKey& key, std::uint32_t example, std::uint32_t row,
                                                  double probability, std::int64_t length, const T* x, T* y) {
  const std::uint32_t threshold = drop_threshold(probability);
  const float scale = static_cast<float>(1.0 / (1.0 - threshold / 65536.0));
  GroupBits bits;
  for (std::int64_t begin = 0; begin < length; begin += kGroup) {
    group_bits(counter_of(key, example, row, static_cast<std::uint32_t>(begin / kParts)), philox_key(key), bits);
    for (std::int64_t part = 0; part < kParts; ++part) {
      const std::int64_t first = begin + part * kLanes;
      const std::int64_t count = std::min<std::int64_t>(kLanes, length - first);
      for (std::int64_t lane = 0; lane < count; ++lane) {
        const float factor = bits[part][lane] >= threshold ? scale : 0.0f;
        store(to_float(x[first + lane]) * factor, y[first + lane]);
      }
    }
  }
}

}  // namespace

double quantized_dropout_probability(double probability) { return drop_threshold(probability) / 65536.0; }

bool dropout_keeps(const DropoutKey& key, std::uint32_t example, std::uint32_t row, std::uint32_t element,
                   double probability) {
  const std::uint32_t lane = element % kLanes, part = element % kGroup / kLanes;
  const std::uint32_t block = element / kGroup * kLanes + lane;
  const PhiloxCounter words = philox4x32(counter_of(key, example, row, block), philox_key(key));
  return ((words[part / 2] >> (16 * (part % 2))) & 0xffff) >= drop_threshold(probability);
}

BERTFORGE_CPU_CLONES
void dropout_row(const DropoutKey& key, std::uint32_t example, std::uint32_t row, double probability,
                 std::int64_t length, const float* x, float* y) {
  dropout_row_of(key, example, row, probability, length, x, y);
}

BERTFORGE_CPU_CLONES
void dropout_row(const DropoutKey& key, std::uint32_t example, std::uint32_t row, double probability,
                 std::int64_t length, const Bfloat16* x, Bfloat16* y) {
  dropout_row_of(key, example, row, probability, length, x, y);
}

}  // namespace bertforge
