// Training on a GPU beside training on the CPU: the same weights, examples, masks and dropout, so the same numbers up to rounding.

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <tuple>

#include "bertforge/model/device.h"
#include "bertforge/train/gradients.h"
#include "bertforge/train/optimizer_shards.h"
#include "support/needs_gpu.h"
#include "support/ranks.h"
#include "toy_training.h"
#ifdef BERTFORGE_WITH_CUDA
#include <c10/cuda/CUDAFunctions.h>
#endif

namespace bertforge {
namespace {

using testing::toy_train_config;
using testing::ToyTraining;

using Cuda = testing::NeedsGpu;

// A toy training whose parts are on `device`, on the plain path.
struct Passes {
  Passes(const std::string& device_name, const std::string& precision_name, const BertConfig& config,
         const std::string& optimizer_name = "adamw")
      : device(resolve_device(device_name)), model(config) {
    initialize_weights(model, 5);
    store = std::make_unique<ParameterStore>(*model, device, resolve_precision(precision_name, device));
    optimizer = make_optimizer(*store, {.algorithm = optimizer_name, .weight_decay = 0.1});
  }

  // Gradients of the batch, whose dropout is that of `key`.
  std::vector<TermMetrics> add_gradients(const GlobalBatch& batch, std::uint64_t key, double loss_scale = 1) {
    store->zero_gradients();
    return accumulate_gradients(model, *store, make_objectives({"masked_lm", "next_sentence"}), batch,
                                {.dropout_key = key, .device = device, .loss_scale = loss_scale});
  }

  at::Device device;
  BertForPreTraining model;
  std::unique_ptr<ParameterStore> store;
  std::unique_ptr<Optimizer> optimizer;
};

GlobalBatch batch_of_two_parts() {
  TrainConfig config = toy_train_config(1);
  config.micro_batch_size = 4;
  ToyTraining training(config);
  BatchLoader loader(training.store, training.tokenizer, training.loader_config());
  return loader.next();
}

double relative_difference(const at::Tensor& found, const at::Tensor& expected) {
  return ((found.cpu() - expected).norm() / expected.norm()).item<double>();
}

BertConfig model_config(double dropout) {
  BertConfig config = testing::toy_model_config();
  config.hidden_dropout_prob = config.attention_probs_dropout_prob = dropout;
  return config;
}

TEST_F(Cuda, GradientsAndLossesAreThoseOfTheCpuWithDropoutAndWithout) {
  const GlobalBatch batch = batch_of_two_parts();
  for (const double dropout : {0.0, 0.1}) {  // Without, attention goes by scaled_dot_product_attention.
    Passes cpu("cpu", "float32", model_config(dropout)), gpu("cuda", "float32", model_config(dropout));
    const auto expected = cpu.add_gradients(batch, 77), found = gpu.add_gradients(batch, 77);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(found[i].count, expected[i].count);
      EXPECT_NEAR(found[i].loss_sum, expected[i].loss_sum, 1e-5 * expected[i].loss_sum);
    }
    EXPECT_LT(relative_difference(gpu.store->gradients(), cpu.store->gradients()), 1e-5) << dropout;
    EXPECT_NEAR(gpu.optimizer->gradient_norm(), cpu.optimizer->gradient_norm(), 1e-4);
  }
}

TEST_F(Cuda, SixteenBitsGiveGradientsNearThoseOfFloat32) {
  const GlobalBatch batch = batch_of_two_parts();
  Passes exact("cuda", "float32", model_config(0.1));
  exact.add_gradients(batch, 77);
  for (const auto& [precision, loss_scale, bound] : {std::tuple{"bfloat16", 1.0, 0.05}, {"float16", 1024.0, 0.01}}) {
    Passes coarse("cuda", precision, model_config(0.1));
    coarse.add_gradients(batch, 77, loss_scale);
    EXPECT_LT(relative_difference(coarse.store->gradients() / loss_scale, exact.store->gradients().cpu()), bound)
        << precision;
  }
}

TEST_F(Cuda, UpdatesAreThoseOfTheCpuByEitherOptimizer) {
  const GlobalBatch batch = batch_of_two_parts();
  for (const char* optimizer : {"adamw", "lamb"}) {
    Passes cpu("cpu", "float32", model_config(0), optimizer), gpu("cuda", "float32", model_config(0), optimizer);
    for (int step = 1; step <= 3; ++step) {
      cpu.add_gradients(batch, 77);
      gpu.store->gradients().copy_(cpu.store->gradients());  // A tiny gradient of another sign is another update.
      cpu.optimizer->update(step, 1e-3, 0.5);
      gpu.optimizer->update(step, 1e-3, 0.5);
    }
    EXPECT_LT(relative_difference(gpu.store->weights(), cpu.store->weights()), 1e-6) << optimizer;
  }
}

TEST_F(Cuda, TensorsOfABatchArriveAsTheyAreOnTheCpu) {
  const Batch batch = batch_of_two_parts().micro_batches.front();
  const PreTrainingBatch here = to_tensors(batch, 0, at::kCPU), there = to_tensors(batch, 0, resolve_device("cuda"));
  for (const auto& [found, expected] : {std::pair{there.input.token_ids, here.input.token_ids},
                                        {there.input.token_type_ids, here.input.token_type_ids},
                                        {there.targets.masked_rows, here.targets.masked_rows},
                                        {there.targets.masked_labels, here.targets.masked_labels},
                                        {there.targets.is_random_next, here.targets.is_random_next}}) {
    EXPECT_TRUE(found.is_cuda());
    EXPECT_TRUE(found.cpu().equal(expected));
  }
}

TEST_F(Cuda, TooLargeATensorIsOutOfMemory) {
  const auto device = resolve_device("cuda");
  const auto all = available_memory(device);
  ASSERT_TRUE(all.has_value());
  try {
    torch::empty({2 * *all}, at::TensorOptions().dtype(at::kByte).device(device));
    ADD_FAILURE() << "there was room";
  } catch (const std::exception& error) {
    EXPECT_TRUE(is_out_of_memory(error)) << error.what();
  }
}

#ifdef BERTFORGE_WITH_CUDA
// Every wait of the host for the device is an error meanwhile.
class WaitingForbidden {
 public:
  WaitingForbidden() { c10::cuda::warning_state().set_sync_debug_mode(c10::cuda::SyncDebugMode::L_ERROR); }
  ~WaitingForbidden() { c10::cuda::warning_state().set_sync_debug_mode(c10::cuda::SyncDebugMode::L_DISABLED); }
};
#else
class WaitingForbidden {};
#endif

// All of a step up to where its numbers are read.
void train_once(Passes& gpu, const Batch& batch, int step) {
  gpu.store->zero_gradients();
  const PreTrainingBatch tensors = to_tensors(batch, 0, gpu.device);
  const auto terms =
      loss_terms(gpu.model, make_objectives({"masked_lm", "next_sentence"}), tensors, {.dropout = DropoutStream{7, 0}});
  (terms[0].sum + terms[1].sum).backward();
  gpu.store->collect_gradients();
  for (const LossTerm& term : terms) sums_of(term);
  gpu.optimizer->update(step, 1e-3);
}

TEST_F(Cuda, PassesAndUpdatesNeverWaitForTheDevice) {
  const Batch batch = batch_of_two_parts().micro_batches.front();
  for (const char* optimizer : {"adamw", "lamb"}) {
    Passes gpu("cuda", "auto", model_config(0.1), optimizer);
    train_once(gpu, batch, 1);  // Libraries are loaded and memory is taken, for which anyone waits.
    [[maybe_unused]] const WaitingForbidden forbidden;
    EXPECT_NO_THROW(train_once(gpu, batch, 2)) << optimizer;
  }
}

// Sums and copies between ranks, by NCCL where there are tensors on GPUs.
void expect_sums_on(ProcessGroup& group, at::Device device) {
  const auto n = static_cast<double>(group.num_ranks());
  const at::Tensor ones = at::ones({1003}, at::TensorOptions().device(device));
  group.sum(ones);
  EXPECT_EQ(ones.sum().item<double>(), 1003 * n);
  group.copy(ones, group.num_ranks() - 1);
  EXPECT_EQ(group.total(std::vector<double>{1}).front(), n);  // On the CPU beside it.
  at::Tensor one = at::arange(70000, ones.options()), two = -one;
  OptimizerShards shards(group, {&one, &two});
  shards.scatter();
  shards.exchange(ones);
  shards.gather();
  if (!group.is_first()) return;
  EXPECT_TRUE(shards.gathered()[0].equal(at::arange(70000, at::kFloat)));
}

TEST_F(Cuda, SumsOfOneRankGoThroughNccl) {
  const auto group = join_job(testing::loopback_job(0, 1, testing::free_port()),
                              {.identity = "test", .rank_timeout = std::chrono::seconds(60), .uses_cuda = true});
  expect_sums_on(*group, at::Device(at::kCUDA, 0));
}

TEST_F(Cuda, TwoRanksAddUpTheirGradientsByNccl) {
  if (cuda_devices().size() < 2) GTEST_SKIP() << "needs a second NVIDIA GPU";
  const GlobalBatch batch = batch_of_two_parts();
  const auto errors = testing::outcomes_of_ranks(2, [&](const Job& job) {
    const auto group = join_job(job, {.identity = "test", .rank_timeout = std::chrono::seconds(60), .uses_cuda = true});
    expect_sums_on(*group, at::Device(at::kCUDA, static_cast<at::DeviceIndex>(job.rank)));
    Passes passes(concat("cuda:", job.rank), "float32", model_config(0));
    GradientExchange exchange(*passes.store, *group, /*bucket_elements=*/1);
    const auto objectives = make_objectives({"masked_lm", "next_sentence"});
    accumulate_gradients(passes.model, *passes.store, objectives, batch,
                         {.device = passes.device,
                          .target_counts = group->total(count_targets(objectives, batch)),
                          .exchange = &exchange});
    exchange.finish();
    Passes alone("cpu", "float32",
                 model_config(0));  // Both ranks have the whole batch: twice the targets, the same mean.
    alone.add_gradients(batch, 0);
    EXPECT_LT(relative_difference(passes.store->gradients(), alone.store->gradients()), 1e-4);
  });
  for (const std::exception_ptr& error : errors) EXPECT_FALSE(error);
}

}  // namespace
}  // namespace bertforge
