#include "bertforge/inference/embedding.h"

#include <torch/types.h>

#include <cmath>
#include <numeric>

#include "support/error_matchers.h"
#include "toy_session.h"

namespace bertforge {
namespace {

const std::vector<std::string> kTexts = {"the riverside bank .", "", "money", "the bank the bank the bank the bank"};

class EmbeddingTest : public ::testing::Test {
 protected:
  std::vector<Embedding> embed(const EmbeddingConfig& config) { return Embedder(*session, config).embed(sequences); }

  // The hidden states of one text, alone in its batch: L + 1 of [T, H].
  std::vector<at::Tensor> hidden_states(std::size_t i) {
    std::vector<at::Tensor> states;
    session->run({sequences[i]}, [&](const SequenceBatch& batch) {
      for (const at::Tensor& layer : batch.output.hidden_states) states.push_back(layer[0].clone());
    });
    return states;
  }

  static at::Tensor tensor(const Embedding& embedding) {
    return torch::tensor(embedding.values).view({std::ssize(embedding.rows), -1});
  }

  void SetUp() override {
    const SequenceMaker maker = session->sequence_maker();
    for (const std::string& text : kTexts) sequences.push_back(maker.make(text));
  }

  testing::ToySession session;
  std::vector<Sequence> sequences;
};

TEST_F(EmbeddingTest, EveryTokenOfEveryLayerIsTheModelsHiddenState) {
  for (std::int64_t layer = 0; layer <= 3; ++layer) {
    const auto embeddings = embed({.layers = {layer}, .pool = "none"});
    for (std::size_t i = 0; i < kTexts.size(); ++i) {
      const at::Tensor expected = hidden_states(i)[static_cast<std::size_t>(layer)];
      EXPECT_TRUE(torch::allclose(tensor(embeddings[i]), expected, 1e-5, 1e-6)) << layer << ' ' << i;
    }
  }
}

TEST_F(EmbeddingTest, NegativeLayersCountFromTheLast) {
  EXPECT_EQ(embed({.layers = {-1}})[0].values, embed({.layers = {3}})[0].values);
  EXPECT_EQ(embed({.layers = {-4}})[0].values, embed({.layers = {0}})[0].values);
}

TEST_F(EmbeddingTest, LayersAreCombinedInTheirOrder) {
  const auto states = hidden_states(0);
  const auto combined = [&](const char* combine) {
    return tensor(embed({.layers = {-1, -2}, .combine = combine, .pool = "none"})[0]);
  };
  EXPECT_TRUE(torch::allclose(combined("concat"), torch::cat({states[3], states[2]}, 1), 1e-5, 1e-6));
  EXPECT_TRUE(torch::allclose(combined("sum"), states[3] + states[2], 1e-5, 1e-6));
  EXPECT_TRUE(torch::allclose(combined("mean"), (states[3] + states[2]) / 2, 1e-5, 1e-6));
  EXPECT_TRUE(torch::allclose(combined("last"), states[2], 1e-5, 1e-6));
}

TEST_F(EmbeddingTest, PoolingsGiveOneVectorATextOrAWord) {
  const at::Tensor states = hidden_states(0)[3];  // [CLS] the river ##s ##ide bank . [SEP]
  const auto pooled = [&](const char* pool, bool exclude_special = false) {
    return tensor(embed({.pool = pool, .exclude_special = exclude_special})[0]);
  };
  EXPECT_TRUE(torch::allclose(pooled("mean")[0], states.mean(0), 1e-5, 1e-6));
  EXPECT_TRUE(torch::allclose(pooled("mean", true)[0], states.slice(0, 1, 7).mean(0), 1e-5, 1e-6));
  EXPECT_TRUE(torch::allclose(pooled("max")[0], states.amax(0), 1e-5, 1e-6));
  EXPECT_TRUE(torch::allclose(pooled("cls", true)[0], states[0], 1e-5, 1e-6));
  const at::Tensor words = pooled("word", true);
  ASSERT_EQ(words.size(0), 4);
  EXPECT_TRUE(torch::allclose(words[1], states.slice(0, 2, 5).mean(0), 1e-5, 1e-6));
  EXPECT_EQ(pooled("word").size(0), 6);
  EXPECT_EQ(pooled("none", true).size(0), 6);
}

TEST_F(EmbeddingTest, AnEmptyTextWithoutItsFrameIsAVectorOfZeros) {
  const auto embeddings = embed({.exclude_special = true});
  ASSERT_EQ(embeddings[1].values.size(), 15u);
  for (const float value : embeddings[1].values) EXPECT_EQ(value, 0);
}

TEST_F(EmbeddingTest, NormalizedVectorsHaveLengthOne) {
  for (const Embedding& embedding : embed({.normalize = true})) {
    const auto& values = embedding.values;
    EXPECT_NEAR(std::sqrt(std::inner_product(values.begin(), values.end(), values.begin(), 0.0)), 1, 1e-6);
  }
}

TEST_F(EmbeddingTest, ATextsVectorDoesNotDependOnTheOthers) {
  const auto together = embed({});
  for (std::size_t i = 0; i < kTexts.size(); ++i) {
    const Embedding alone = Embedder(*session, {}).embed({sequences[i]}).front();
    EXPECT_TRUE(torch::allclose(tensor(together[i]), tensor(alone), 1e-5, 1e-6)) << i;
  }
}

TEST_F(EmbeddingTest, WhatTheModelHasNotIsRefused) {
  EXPECT_ERROR(embed({.layers = {4}}), ErrorKind::kUsage, "there is no layer 4; the model has 3");
  EXPECT_ERROR(embed({.layers = {-5}}), ErrorKind::kUsage, "there is no layer -5");
  EXPECT_ERROR(embed({.layers = {}}), ErrorKind::kUsage, "no layers are named");
  EXPECT_ERROR(embed({.pool = "men"}), ErrorKind::kUsage, "did you mean mean?");
}

TEST(CosineSimilarity, IsOfTheAngleAlone) {
  const float a[] = {1, 2, 2}, b[] = {2, 4, 4}, c[] = {-2, 1, 0}, zero[] = {0, 0, 0};
  EXPECT_NEAR(cosine_similarity(a, b, 3), 1, 1e-12);
  EXPECT_NEAR(cosine_similarity(a, c, 3), 0, 1e-12);
  EXPECT_EQ(cosine_similarity(a, zero, 3), 0);
}

}  // namespace
}  // namespace bertforge
