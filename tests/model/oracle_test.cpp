// The model against Hugging Face's own answers, float32 (oracle/README.md).

#include <gtest/gtest.h>
#include <torch/types.h>

#include "support/shared_path.h"
#include "support/torch_oracle.h"

namespace bertforge {
namespace {

using testing::relative_difference;
using testing::TinyOracle;

constexpr double kForwardTolerance = 1e-5;

// Rows of padding mean nothing in the oracle: [B, T, ...] -> the rows of tokens.
torch::Tensor token_rows(const torch::Tensor& x, const torch::Tensor& mask) {
  return x.flatten(0, 1).index_select(0, torch::nonzero(mask.flatten()).squeeze(1));
}

TEST(BertForPreTrainingOracle, HiddenStatesOfEveryLayerEqualHuggingFaces) {
  BERTFORGE_REQUIRE_SHARED(folder, "oracle/model/tiny");
  TinyOracle oracle(folder);
  const auto batch = oracle.batch();
  const auto output = oracle.model->encode(batch.input, {.output_hidden_states = true});
  ASSERT_EQ(output.hidden_states.size(), 4u);
  for (std::size_t layer = 0; layer < output.hidden_states.size(); ++layer) {
    const auto expected = oracle.expected("hidden_" + std::to_string(layer));
    EXPECT_LT(relative_difference(token_rows(output.hidden_states[layer], batch.input.attention_mask),
                                  token_rows(expected, batch.input.attention_mask)),
              kForwardTolerance)
        << "layer " << layer;
  }
  EXPECT_TRUE(output.last_hidden_state.equal(output.hidden_states.back()));
}

TEST(BertForPreTrainingOracle, AttentionsOfEveryLayerEqualHuggingFaces) {
  BERTFORGE_REQUIRE_SHARED(folder, "oracle/model/tiny");
  TinyOracle oracle(folder);
  const auto batch = oracle.batch();
  const auto output = oracle.model->encode(batch.input, {.output_attentions = true});
  ASSERT_EQ(output.attentions.size(), 3u);
  for (std::size_t layer = 0; layer < output.attentions.size(); ++layer) {
    const auto by_query = [](const torch::Tensor& probs) { return probs.transpose(1, 2).contiguous(); };
    const auto expected = oracle.expected("attention_" + std::to_string(layer));
    EXPECT_LT(relative_difference(token_rows(by_query(output.attentions[layer]), batch.input.attention_mask),
                                  token_rows(by_query(expected), batch.input.attention_mask)),
              kForwardTolerance)
        << "layer " << layer;
  }
}

TEST(BertForPreTrainingOracle, LogitsOfEveryTokenAndOfNextSentenceEqualHuggingFaces) {
  BERTFORGE_REQUIRE_SHARED(folder, "oracle/model/tiny");
  TinyOracle oracle(folder);
  const auto batch = oracle.batch();
  const auto hidden = oracle.model->encode(batch.input, {}).last_hidden_state;
  const auto tokens = torch::nonzero(batch.input.attention_mask.flatten()).squeeze(1);
  EXPECT_LT(relative_difference(oracle.model->bert->pooler(hidden.select(1, 0)), oracle.expected("pooler_output")),
            kForwardTolerance);
  EXPECT_LT(relative_difference(oracle.model->prediction_logits(hidden.flatten(0, 1).index_select(0, tokens)),
                                token_rows(oracle.expected("prediction_logits"), batch.input.attention_mask)),
            kForwardTolerance);
  EXPECT_LT(relative_difference(oracle.model->seq_relationship_logits(hidden.select(1, 0)),
                                oracle.expected("seq_relationship_logits")),
            kForwardTolerance);
}

TEST(BertForPreTrainingOracle, NamesItsParametersAsHuggingFaceDoes) {
  BERTFORGE_REQUIRE_SHARED(folder, "oracle/model/tiny");
  const SafetensorsFile checkpoint(folder / "checkpoint" / "model.safetensors");
  const BertForPreTraining model(testing::tiny_config());
  std::vector<std::string> names, expected;
  for (const auto& item : model->named_parameters()) names.push_back(item.key());
  for (const TensorView& tensor : checkpoint.tensors()) expected.push_back(tensor.name);
  std::sort(names.begin(), names.end());
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(names, expected);
}

}  // namespace
}  // namespace bertforge
