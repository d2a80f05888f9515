#include "bertforge/huggingface/tensor_names.h"

#include <gtest/gtest.h>

#include "huggingface/toy_model.h"

namespace bertforge {
namespace {

using testing::toy_config;

TEST(TensorNames, AreTheParametersOfTheModelInTheirOrderAndShapes) {
  const BertForPreTraining model(toy_config());
  const auto specs = tensor_specs(toy_config());
  const auto parameters = model->named_parameters().pairs();
  ASSERT_EQ(specs.size(), parameters.size());
  for (std::size_t i = 0; i < specs.size(); ++i) {
    EXPECT_EQ(specs[i].name, parameters[i].first);
    EXPECT_EQ(specs[i].shape, parameters[i].second.sizes().vec()) << specs[i].name;
  }
}

TEST(TensorNames, KnowTheOtherNamesOfTheSameTensor) {
  EXPECT_EQ(canonical_tensor_name("embeddings.LayerNorm.gamma"), "bert.embeddings.LayerNorm.weight");
  EXPECT_EQ(canonical_tensor_name("encoder.layer.3.output.LayerNorm.beta"),
            "bert.encoder.layer.3.output.LayerNorm.bias");
  EXPECT_EQ(canonical_tensor_name("pooler.dense.bias"), "bert.pooler.dense.bias");
  EXPECT_EQ(canonical_tensor_name("cls.predictions.decoder.weight"), "bert.embeddings.word_embeddings.weight");
  EXPECT_EQ(canonical_tensor_name("cls.predictions.decoder.bias"), "cls.predictions.bias");
}

TEST(TensorNames, LeaveOurOwnAndForeignNamesAlone) {
  for (const TensorSpec& spec : tensor_specs(toy_config())) EXPECT_EQ(canonical_tensor_name(spec.name), spec.name);
  EXPECT_EQ(canonical_tensor_name("classifier.weight"), "classifier.weight");
  EXPECT_EQ(canonical_tensor_name(""), "");
}

TEST(TensorNames, TellHeadsFromTheEncoder) {
  EXPECT_EQ(head_of("bert.pooler.dense.weight")->head, "pooler");
  EXPECT_EQ(head_of("cls.predictions.bias")->head, "masked_lm");
  EXPECT_EQ(head_of("cls.seq_relationship.bias")->head, "next_sentence");
  EXPECT_FALSE(head_of("bert.embeddings.LayerNorm.weight").has_value());
}

TEST(TensorNames, KnowTheTablesThatHoldNothing) {
  EXPECT_TRUE(is_constant_buffer("bert.embeddings.position_ids"));
  EXPECT_TRUE(is_constant_buffer("embeddings.position_ids"));
  EXPECT_FALSE(is_constant_buffer("bert.embeddings.position_embeddings.weight"));
}

}  // namespace
}  // namespace bertforge
