#include "bertforge/train/fitting_passes.h"

#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bertforge/train/gradients.h"
#include "toy_training.h"
#include "watched_memory.h"

namespace bertforge::testing {
namespace {

using ::testing::ElementsAre;

[[noreturn]] void run_out_of_memory() { TORCH_CHECK_WITH(OutOfMemoryError, false, "CUDA out of memory"); }

Batch batch_of_sequences(std::int64_t count) {
  std::vector<Example> examples(static_cast<std::size_t>(count));
  for (Example& example : examples) example.ids = {2, 10, 3, 11, 3};
  return collate(examples);
}

GlobalBatch global_batch(std::vector<Batch> parts) {
  GlobalBatch batch;
  batch.micro_batches = std::move(parts);
  return batch;
}

// Passes on a device with room for so many sequences; keeps the sizes of what it was given.
struct SmallDevice {
  std::vector<TermMetrics> operator()(const GlobalBatch& batch) {
    std::vector<std::int64_t> sizes;
    for (const Batch& part : batch.micro_batches) sizes.push_back(part.num_sequences());
    tried.push_back(sizes);
    for (const std::int64_t size : sizes) {
      if (size > room) run_out_of_memory();
    }
    return {};
  }
  std::int64_t room;
  std::vector<std::vector<std::int64_t>> tried = {};
};

TEST(FittingPasses, HalvesWhatDoesNotFitAndStaysThere) {
  SmallDevice device{.room = 3};
  FittingPasses passes;
  passes.run(global_batch({batch_of_sequences(9)}), std::ref(device));
  EXPECT_THAT(device.tried, ElementsAre(ElementsAre(9), ElementsAre(5, 4), ElementsAre(3, 3, 3)));
  EXPECT_EQ(passes.most_sequences(), 3);

  device.tried.clear();
  passes.run(global_batch({batch_of_sequences(7)}), std::ref(device));
  passes.run(global_batch({batch_of_sequences(2), batch_of_sequences(4)}), std::ref(device));
  EXPECT_THAT(device.tried, ElementsAre(ElementsAre(3, 3, 1), ElementsAre(2, 3, 1)));
}

TEST(FittingPasses, LeaveABatchThatFitsAsItIs) {
  SmallDevice device{.room = 8};
  FittingPasses passes;
  passes.run(global_batch({batch_of_sequences(8), batch_of_sequences(1)}), std::ref(device));
  EXPECT_THAT(device.tried, ElementsAre(ElementsAre(8, 1)));
  EXPECT_EQ(passes.most_sequences(), 0);
}

TEST(FittingPasses, GiveUpWhereASingleSequenceDoesNotFit) {
  SmallDevice device{.room = 0};
  FittingPasses passes;
  EXPECT_THROW(passes.run(global_batch({batch_of_sequences(4)}), std::ref(device)), c10::OutOfMemoryError);
  EXPECT_THAT(device.tried, ElementsAre(ElementsAre(4), ElementsAre(2, 2), ElementsAre(1, 1, 1, 1)));
}

TEST(FittingPasses, LetOtherErrorsThrough) {
  FittingPasses passes;
  const auto wrong_shape = [](const GlobalBatch&) -> std::vector<TermMetrics> { TORCH_CHECK(false, "shapes differ"); };
  EXPECT_THROW(passes.run(global_batch({batch_of_sequences(4)}), wrong_shape), c10::Error);
  EXPECT_EQ(passes.most_sequences(), 0);
}

// Gradients of one batch on a device that has no room for more sequences than `room` at a time, and finds out behind the
// first part's backward pass.
at::Tensor gradients_with_room(std::int64_t room, Precision precision) {
  ToyTraining training(toy_train_config(1), {}, precision);
  BatchLoader loader(training.store, training.tokenizer, training.loader_config());
  const auto objectives = make_objectives(training.config.objectives);
  FittingPasses passes;
  passes.run(loader.next(), [&](const GlobalBatch& batch) {
    training.parameters->zero_gradients();
    auto terms = add_module_gradients(training.model, objectives, batch, {.dropout_key = 3}, [&] {
      if (batch.micro_batches.front().num_sequences() > room) run_out_of_memory();
      training.parameters->collect_gradients();
    });
    return terms;
  });
  return training.parameters->gradients().clone();
}

TEST(FittingPasses, GiveTheGradientsOfTheWholeFromItsParts) {
  const at::Tensor whole = gradients_with_room(7, Precision::kFloat32);
  EXPECT_GT(whole.abs().max().item<float>(), 0);
  EXPECT_TRUE(at::allclose(gradients_with_room(2, Precision::kFloat32), whole, /*rtol=*/1e-5, /*atol=*/1e-6));
  const at::Tensor rounded = gradients_with_room(7, Precision::kBfloat16);
  EXPECT_LT((gradients_with_room(2, Precision::kBfloat16) - rounded).norm().item<float>(),
            0.02 * rounded.norm().item<float>());
}

// A training of three updates in which so many sequences of a batch go through at a time, of 16, on such kernels.
struct Training16 {
  Training16(std::int64_t micro_batch_size, const std::string& kernels, Precision precision)
      : training(config_of(micro_batch_size), {.learning_rate = 3e-3}, precision) {
    training.model->choose_kernels(kernels, training.parameters.get());
  }
  static TrainConfig config_of(std::int64_t micro_batch_size) {
    TrainConfig config = toy_train_config(3);
    config.batch_size = 16;
    config.micro_batch_size = micro_batch_size;
    return config;
  }
  at::Tensor weights() { return training.parameters->weights(); }

  ToyTraining training;
};

class TrainingInLittleMemory : public ::testing::TestWithParam<std::tuple<std::string, Precision>> {
 protected:
  static std::size_t peak_of_a_training(std::int64_t micro_batch_size) {
    Training16 subject(micro_batch_size, std::get<0>(GetParam()), std::get<1>(GetParam()));
    const WatchedMemory memory;
    subject.training.run();
    return memory.peak();
  }
};

// In the memory that four sequences at a time need, though what a pass of sixteen had taken until it failed is not little.
TEST_P(TrainingInLittleMemory, GoesOnWithTheSequencesThatFit) {
  const auto& [kernels, precision] = GetParam();
  const std::size_t room = peak_of_a_training(4) + peak_of_a_training(4) / 50;
  ASSERT_GT(peak_of_a_training(8), room);
  Training16 whole(0, kernels, precision), squeezed(0, kernels, precision);
  whole.training.run();
  {
    const WatchedMemory memory(room);
    EXPECT_EQ(squeezed.training.run(), StopReason::kFinished);
    EXPECT_LE(memory.peak(), room);
  }
  const double tolerance = precision == Precision::kFloat32 ? 1e-5 : 1e-2;
  EXPECT_LT((squeezed.weights() - whole.weights()).abs().max().item<double>(),
            tolerance * whole.weights().abs().max().item<double>());
}

INSTANTIATE_TEST_SUITE_P(OnBothPaths, TrainingInLittleMemory,
                         ::testing::Combine(::testing::Values("auto", "plain"),
                                            ::testing::Values(Precision::kFloat32, Precision::kBfloat16)),
                         [](const auto& test) {
                           return std::get<0>(test.param) + "_" + to_string(std::get<1>(test.param));
                         });

}  // namespace
}  // namespace bertforge::testing
