#include "bertforge/train/gradients.h"

#include <ATen/record_function.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <set>

#include "toy_training.h"

namespace bertforge {
namespace {

TEST(Gradients, OfFourPartsEqualThoseOfTheWholeInFloat64) {
  const auto whole = testing::exact_gradients(32), parts = testing::exact_gradients(32, /*micro_batch_size=*/8);
  for (const auto& [name, gradient] : whole) {
    const double largest = gradient.abs().max().item<double>();
    EXPECT_LE((parts.at(name) - gradient).abs().max().item<double>(), 1e-10 * std::max(largest, 1e-3)) << name;
  }
}

// What a GPU would be waited for: operations whose result, or its size, the host must know.
constexpr const char* kWaitingOperations[] = {
    "aten::item",     "aten::_local_scalar_dense", "aten::nonzero", "aten::masked_select",
    "aten::bincount", "aten::is_nonzero",          "aten::equal",   "aten::_unique2"};

// The names of the operations that `deed` runs.
std::multiset<std::string> operations_of(const std::function<void()>& deed) {
  static std::multiset<std::string> operations;
  static std::mutex mutex;
  operations.clear();
  const auto note = [](const at::RecordFunction& function) -> std::unique_ptr<at::ObserverContext> {
    const std::lock_guard lock(mutex);
    operations.insert(function.name());
    return nullptr;
  };
  const auto callback = at::addGlobalCallback(at::RecordFunctionCallback(note));
  deed();
  at::removeCallback(callback);
  return operations;
}

// With LAMB's update: LibTorch's AdamW reads its count of steps on the CPU, and does not on CUDA.
TEST(Gradients, AndAnUpdateOnThePlainPathAskForNoNumberOnTheWay) {
  TrainConfig config = toy_train_config(1);
  config.micro_batch_size = 4;
  ToyTraining training(config, {.algorithm = "lamb"});
  training.model->choose_kernels("plain");
  training.optimizer->choose_kernels(nullptr);
  BatchLoader loader(training.store, training.tokenizer, training.loader_config());
  const GlobalBatch batch = loader.next();
  const auto operations = operations_of([&] {
    accumulate_gradients(training.model, *training.parameters, make_objectives(config.objectives), batch,
                         {.dropout_key = 77});
    training.optimizer->update(1, 1e-3);
  });
  EXPECT_GT(operations.count("aten::linear"), 0u);
  for (const char* waiting : kWaitingOperations) EXPECT_EQ(operations.count(waiting), 0u) << waiting;
}

}  // namespace
}  // namespace bertforge
