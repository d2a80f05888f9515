#include "bertforge/model/parameters.h"

#include <gtest/gtest.h>
#include <torch/nn/modules/normalization.h>
#include <torch/types.h>

namespace bertforge {
namespace {

struct OddModuleImpl : torch::nn::Module {
  OddModuleImpl() {
    bias = register_parameter("bias", torch::full({5}, 2.0));
    weight = register_parameter("weight", torch::arange(21, torch::kFloat).view({3, 7}));
    norm = register_module("LayerNorm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({7})));
  }
  torch::Tensor bias, weight;
  torch::nn::LayerNorm norm{nullptr};
};
TORCH_MODULE(OddModule);

TEST(ParameterStore, PutsDecayedParametersFirstAndKeepsTheirValues) {
  OddModule module;
  ParameterStore store(*module, torch::kCPU, Precision::kFloat32);
  ASSERT_EQ(store.parameters().size(), 4u);
  EXPECT_EQ(store.parameters()[0].name, "weight");
  EXPECT_TRUE(store.parameters()[0].decays);
  for (std::size_t i = 1; i < 4; ++i) EXPECT_FALSE(store.parameters()[i].decays) << store.parameters()[i].name;
  EXPECT_EQ(store.num_decayed(), 32);  // 21, rounded up to the alignment.
  EXPECT_EQ(store.num_parameters(), 21 + 5 + 7 + 7);
  EXPECT_TRUE(ParameterStore::view(store.weights(), store.parameters()[0])
                  .equal(torch::arange(21, torch::kFloat).view({3, 7})));
}

TEST(ParameterStore, SharesMemoryWithFloat32Modules) {
  OddModule module;
  ParameterStore store(*module, torch::kCPU, Precision::kFloat32);
  store.weights().fill_(3);
  EXPECT_EQ(module->weight[2][6].item<float>(), 3.0f);
  (module->weight.sum() + 2 * module->bias.sum()).backward();
  (module->weight.sum()).backward();
  EXPECT_EQ(ParameterStore::view(store.gradients(), store.parameters()[0]).sum().item<float>(), 42.0f);
  store.zero_gradients();
  EXPECT_EQ(module->weight.grad().sum().item<float>(), 0.0f);
}

TEST(ParameterStore, GathersBfloat16GradientsInFloat32) {
  OddModule module;
  ParameterStore store(*module, torch::kCPU, Precision::kBfloat16);
  EXPECT_EQ(module->weight.scalar_type(), torch::kBFloat16);
  // 1 and 2^-10 are bfloat16 numbers; their sum is not.
  module->weight.sum().backward();
  store.collect_gradients();
  (module->weight * 0x1p-10).sum().backward();
  store.collect_gradients();
  const auto gradient = ParameterStore::view(store.gradients(), store.parameters()[0]);
  EXPECT_EQ(gradient[1][2].item<float>(), 1.0f + 0x1p-10f);
}

TEST(ParameterStore, LeavesLayerNormsInFloat32) {
  OddModule module;
  ParameterStore store(*module, torch::kCPU, Precision::kBfloat16);
  EXPECT_EQ(module->norm->weight.scalar_type(), torch::kFloat);
  store.weights().fill_(1.0f + 0x1p-10f);
  EXPECT_EQ(module->norm->weight[0].item<float>(), 1.0f + 0x1p-10f);
  for (int pass = 0; pass < 2; ++pass) {
    module->norm->weight.sum().backward();
    store.collect_gradients();
  }
  EXPECT_EQ(store.gradient_of(module->norm->weight)[6].item<float>(), 2.0f);
  EXPECT_EQ(store.gradients().sum().item<float>(), 14.0f);
}

TEST(ParameterStore, ForgetsWhatABackwardPassLeftThatDidNotComeToItsEnd) {
  for (const Precision precision : {Precision::kFloat32, Precision::kBfloat16}) {
    OddModule module;
    ParameterStore store(*module, torch::kCPU, precision);
    (module->weight.sum() + module->norm->weight.sum()).backward();  // And nobody collects.
    store.zero_gradients();
    (2 * module->weight.sum() + 2 * module->norm->weight.sum()).backward();
    store.collect_gradients();
    EXPECT_EQ(ParameterStore::view(store.gradients(), store.parameters()[0])[1][2].item<float>(), 2.0f);
    EXPECT_EQ(store.gradient_of(module->norm->weight)[6].item<float>(), 2.0f);
  }
}

TEST(ParameterStore, RefreshesTheBfloat16CopyFromItsMasters) {
  OddModule module;
  ParameterStore store(*module, torch::kCPU, Precision::kBfloat16);
  store.weights().fill_(1.0f + 0x1p-10f);
  EXPECT_NE(module->bias[0].item<float>(), 1.0f);
  store.refresh_modules();
  EXPECT_EQ(module->bias[0].item<float>(), 1.0f);
}

TEST(ParameterStore, DecaysEverythingButBiasesAndLayerNorm) {
  EXPECT_TRUE(decays("bert.embeddings.word_embeddings.weight"));
  EXPECT_TRUE(decays("cls.seq_relationship.weight"));
  EXPECT_FALSE(decays("cls.predictions.bias"));
  EXPECT_FALSE(decays("bert.encoder.layer.0.output.LayerNorm.weight"));
}

}  // namespace
}  // namespace bertforge
