// What a step of the fused path allocates once its buffers have grown.

#include <c10/core/CPUAllocator.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

#include "bertforge/train/gradients.h"
#include "toy_training.h"

namespace bertforge::testing {
namespace {

// Stands in front of LibTorch's allocator for as long as it lives, and keeps the size of the largest piece asked for.
class LargestAllocation : public c10::Allocator {
 public:
  LargestAllocation() : real_(*c10::GetCPUAllocator()) { c10::SetCPUAllocator(this, kPriority); }
  ~LargestAllocation() override { c10::SetCPUAllocator(&real_, kPriority); }

  c10::DataPtr allocate(std::size_t size) override {
    std::size_t largest = bytes_;
    while (size > largest && !bytes_.compare_exchange_weak(largest, size)) {
    }
    ++count_;
    return real_.allocate(size);
  }
  c10::DeleterFnPtr raw_deleter() const override { return real_.raw_deleter(); }
  void copy_data(void* target, const void* source, std::size_t size) const override {
    real_.copy_data(target, source, size);
  }

  std::size_t bytes() const { return bytes_; }
  std::int64_t count() const { return count_; }

 private:
  static constexpr std::uint8_t kPriority = 100;
  c10::Allocator& real_;
  std::atomic<std::size_t> bytes_ = 0;
  std::atomic<std::int64_t> count_ = 0;
};

class WarmStep : public ::testing::TestWithParam<Precision> {};

// Ids, rows of targets and the like are made for every batch; rows of hidden states, vocabulary scores and weights are not.
TEST_P(WarmStep, AllocatesNothingAsLargeAsTheHiddenStates) {
  ToyTraining training(toy_train_config(1), {}, GetParam());
  BatchLoader loader(training.store, training.tokenizer, training.loader_config());
  const auto objectives = make_objectives(training.config.objectives);
  const GlobalBatch batch = loader.next();
  const auto step = [&](std::uint64_t dropout_key) {
    training.parameters->zero_gradients();
    accumulate_gradients(training.model, *training.parameters, objectives, batch, {.dropout_key = dropout_key});
    training.optimizer->update(static_cast<std::int64_t>(dropout_key), 1e-3,
                               clip_factor(training.optimizer->gradient_norm(), 1.0));
  };
  const auto number = static_cast<std::size_t>(at::elementSize(scalar_type(GetParam())));
  const auto rows = static_cast<std::size_t>(batch.micro_batches.front().num_tokens());
  const std::size_t hidden_states = rows * static_cast<std::size_t>(toy_model_config().hidden_size) * number;

  LargestAllocation cold;
  step(1);
  const std::size_t first = cold.bytes();
  EXPECT_GE(first, hidden_states);
  step(2);

  const LargestAllocation warm;
  step(3);
  EXPECT_GT(warm.count(), 0);
  EXPECT_LT(warm.bytes(), hidden_states);
}

INSTANTIATE_TEST_SUITE_P(InBothPrecisions, WarmStep, ::testing::Values(Precision::kFloat32, Precision::kBfloat16),
                         [](const auto& test) { return to_string(test.param); });

}  // namespace
}  // namespace bertforge::testing
