#include "bertforge/base/random.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "support/error_matchers.h"

namespace bertforge {
namespace {

static_assert(RandomGenerator<CounterRandom>);

constexpr std::uint32_t kOnes = 0xffffffff;

TEST(Philox, GivesTheKnownAnswersOfItsAuthors) {
  EXPECT_EQ(philox4x32({}, {}), (PhiloxCounter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}),
            (PhiloxCounter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (PhiloxCounter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(CounterRandom, DrawsTheHalvesOfPhiloxBlocks) {
  CounterRandom random(0);
  EXPECT_EQ(random.next(), 0xe169c58d6627e8d5u);
  EXPECT_EQ(random.next(), 0x9b00dbd8bc57ac4cu);
  const auto second = philox4x32({1, 0, 0, 0}, {0, 0});
  EXPECT_EQ(random.next(), second[0] | (std::uint64_t{second[1]} << 32));
}

// These values are part of every seed's meaning: they change only together with a major version.
TEST(CounterRandom, DrawsArePinned) {
  CounterRandom random = CounterRandom(42).fork(RandomPurpose::kMasking, 3, 17);
  EXPECT_EQ(random.key(), 0x62b915f0ad970e11u);
  EXPECT_EQ(random.next(), 0x1333678e4dd7d117u);
  EXPECT_EQ(random.below(1000), 550u);
  EXPECT_EQ(random.unit(), 0.44576862473831258);
  EXPECT_DOUBLE_EQ(random.normal(), -0.62434700742177129);
}

TEST(CounterRandom, AForkDependsOnNoDraw) {
  CounterRandom fresh(42), used(42);
  for (int i = 0; i < 5; ++i) used.next();
  EXPECT_EQ(fresh.fork(RandomPurpose::kPairing, 7).key(), used.fork(RandomPurpose::kPairing, 7).key());
}

TEST(CounterRandom, ForksDifferByPurposeIdsAndTheirOrder) {
  const CounterRandom root(42);
  const std::set<std::uint64_t> keys = {root.fork(RandomPurpose::kPairing).key(),
                                        root.fork(RandomPurpose::kPairing, 0).key(),
                                        root.fork(RandomPurpose::kPairing, 0, 0).key(),
                                        root.fork(RandomPurpose::kMasking, 0, 0).key(),
                                        root.fork(RandomPurpose::kMasking, 0, 1).key(),
                                        root.fork(RandomPurpose::kMasking, 1, 0).key(),
                                        root.fork(RandomPurpose::kMasking, 1ull << 32, 0).key(),
                                        CounterRandom(43).fork(RandomPurpose::kMasking, 0, 0).key()};
  EXPECT_EQ(keys.size(), 8u);
}

TEST(CounterRandom, UnitStaysBelowOne) {
  CounterRandom random(7);
  for (int i = 0; i < 10000; ++i) {
    const double value = random.unit();
    EXPECT_TRUE(value >= 0 && value < 1) << value;
  }
}

TEST(CounterRandom, BelowOneIsZero) {
  CounterRandom random(7);
  EXPECT_EQ(random.below(1), 0u);
}

TEST(CounterRandom, BelowZeroIsABug) {
  CounterRandom random(7);
  EXPECT_ERROR(random.below(0), ErrorKind::kInternal, "n > 0");
}

// A limit of three quarters of 2^64: taken modulo, the first third would come up twice as often as the rest.
TEST(CounterRandom, BelowIsUnbiasedForLimitsThatDoNotDivide) {
  constexpr std::uint64_t kLimit = 3ull << 62;
  constexpr int kNumDraws = 30000;
  CounterRandom random(7);
  int num_low = 0;
  for (int i = 0; i < kNumDraws; ++i) num_low += random.below(kLimit) < kLimit / 3;
  const double bound = 5 * std::sqrt(kNumDraws * (1.0 / 3) * (2.0 / 3));  // Five standard deviations.
  EXPECT_NEAR(num_low, kNumDraws / 3.0, bound);
}

TEST(CounterRandom, BelowIsUniformWithinTheBinomialBound) {
  constexpr int kNumValues = 7, kNumDraws = 70000;
  CounterRandom random(11);
  std::array<int, kNumValues> counts = {};
  for (int i = 0; i < kNumDraws; ++i) ++counts.at(random.below(kNumValues));
  const double p = 1.0 / kNumValues;
  for (const int count : counts) EXPECT_NEAR(count, kNumDraws * p, 5 * std::sqrt(kNumDraws * p * (1 - p)));
}

TEST(CounterRandom, NormalHasMeanZeroAndVarianceOne) {
  constexpr int kNumDraws = 40000;
  CounterRandom random(11);
  double sum = 0, squares = 0;
  for (int i = 0; i < kNumDraws; ++i) {
    const double value = random.normal();
    sum += value;
    squares += value * value;
  }
  EXPECT_NEAR(sum / kNumDraws, 0, 5 / std::sqrt(kNumDraws));
  EXPECT_NEAR(squares / kNumDraws, 1, 5 * std::sqrt(2.0 / kNumDraws));  // The variance of a squared normal is 2.
}

TEST(Shuffle, KeepsEveryItem) {
  std::vector<int> items(99);
  std::iota(items.begin(), items.end(), 0);
  auto shuffled = items;
  CounterRandom random(7);
  shuffle(shuffled, random);
  EXPECT_NE(shuffled, items);
  std::sort(shuffled.begin(), shuffled.end());
  EXPECT_EQ(shuffled, items);
}

TEST(Shuffle, TakesEveryItemOnceWhereItGoesStepByStep) {
  std::vector<int> items(99);
  std::iota(items.begin(), items.end(), 0);
  auto shuffled = items;
  CounterRandom random(7);
  for (std::size_t i = 0; i < shuffled.size(); ++i) shuffle_next(shuffled, i, random);
  EXPECT_NE(shuffled, items);
  std::sort(shuffled.begin(), shuffled.end());
  EXPECT_EQ(shuffled, items);
}

TEST(Shuffle, StepByStepMeansTheSameForEver) {
  std::vector<int> items = {0, 1, 2, 3, 4};
  CounterRandom random(7);
  for (std::size_t i = 0; i < items.size(); ++i) shuffle_next(items, i, random);
  EXPECT_EQ(items, (std::vector<int>{3, 1, 4, 2, 0}));
}

TEST(Shuffle, TakesEveryFirstPairEquallyOftenWhereItGoesStepByStep) {
  constexpr int kNumRounds = 20000, kNumPairs = 5 * 4;
  CounterRandom random(7);
  std::map<std::pair<int, int>, int> counts;
  for (int round = 0; round < kNumRounds; ++round) {
    std::vector<int> items = {0, 1, 2, 3, 4};
    for (std::size_t i = 0; i < 2; ++i) shuffle_next(items, i, random);
    ++counts[{items[0], items[1]}];
  }
  ASSERT_EQ(counts.size(), kNumPairs);
  const double expected = 1.0 * kNumRounds / kNumPairs;
  for (const auto& [pair, count] : counts) EXPECT_NEAR(count, expected, 5 * std::sqrt(expected));
}

std::vector<std::uint64_t> all_of(const KeyedPermutation& permutation) {
  std::vector<std::uint64_t> values;
  for (std::uint64_t i = 0; i < permutation.size(); ++i) values.push_back(permutation(i));
  return values;
}

TEST(KeyedPermutation, IsABijectionForEverySmallSize) {
  for (std::uint64_t size = 1; size <= 70; ++size) {
    auto values = all_of(KeyedPermutation(size, 42));
    std::sort(values.begin(), values.end());
    for (std::uint64_t i = 0; i < size; ++i) EXPECT_EQ(values[i], i) << "of size " << size;
  }
}

TEST(KeyedPermutation, IsABijectionForALargeSize) {
  constexpr std::uint64_t kSize = 100003;
  std::vector<bool> seen(kSize);
  for (const std::uint64_t value : all_of(KeyedPermutation(kSize, 42))) {
    ASSERT_LT(value, kSize);
    EXPECT_FALSE(seen[value]);
    seen[value] = true;
  }
}

TEST(KeyedPermutation, WorksBeyondThirtyTwoBits) {
  const KeyedPermutation permutation((1ull << 40) + 7, 42);
  std::set<std::uint64_t> values;
  for (std::uint64_t i = 0; i < 1000; ++i) values.insert(permutation((1ull << 40) - i));
  EXPECT_EQ(values.size(), 1000u);
  EXPECT_LT(*values.rbegin(), permutation.size());
  EXPECT_GT(*values.rbegin(), 1ull << 39);
}

TEST(KeyedPermutation, AcceptsTheLargestSize) {
  const KeyedPermutation permutation(~0ull, 42);
  EXPECT_NE(permutation(0), permutation(1));
}

TEST(KeyedPermutation, IsPinned) {
  EXPECT_EQ(all_of(KeyedPermutation(7, 42)), (std::vector<std::uint64_t>{2, 6, 4, 1, 0, 5, 3}));
}

TEST(KeyedPermutation, ChangesWithItsKey) {
  EXPECT_NE(all_of(KeyedPermutation(70, 1)), all_of(KeyedPermutation(70, 2)));
}

TEST(KeyedPermutation, AllOrdersOfThreeAreEquallyLikely) {
  constexpr int kNumKeys = 6000;
  std::map<std::vector<std::uint64_t>, int> counts;
  for (int key = 0; key < kNumKeys; ++key) ++counts[all_of(KeyedPermutation(3, static_cast<std::uint64_t>(key)))];
  EXPECT_EQ(counts.size(), 6u);
  for (const auto& [order, count] : counts) EXPECT_NEAR(count, kNumKeys / 6, 5 * std::sqrt(kNumKeys * 5.0 / 36));
}

TEST(KeyedPermutation, SendsEveryPositionToEveryHalfEquallyOften) {
  constexpr int kNumKeys = 4000;
  for (const std::uint64_t position : {0, 33, 69}) {
    int num_low = 0;
    for (int key = 0; key < kNumKeys; ++key)
      num_low += KeyedPermutation(70, static_cast<std::uint64_t>(key))(position) < 35;
    EXPECT_NEAR(num_low, kNumKeys / 2, 5 * std::sqrt(kNumKeys / 4.0));
  }
}

TEST(KeyedPermutation, RefusesAPositionOutside) {
  EXPECT_ERROR(KeyedPermutation(3, 1)(3), ErrorKind::kInternal, "position 3 of 3");
  EXPECT_ERROR(KeyedPermutation(0, 1)(0), ErrorKind::kInternal, "position 0 of 0");
}

}  // namespace
}  // namespace bertforge
