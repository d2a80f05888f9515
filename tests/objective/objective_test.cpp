#include "bertforge/objective/objective.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "support/toy_model.h"

namespace bertforge {
namespace {

using testing::toy_model_config;

TEST(MaskedLm, OfABatchWithoutTargetsIsZero) {
  BertForPreTraining model(toy_model_config());
  PreTrainingBatch batch;
  batch.targets.masked_rows = torch::zeros({0}, torch::kLong);
  batch.targets.masked_labels = torch::zeros({0}, torch::kLong);
  const LossTerm term = make_objectives({"masked_lm"})[0]->loss(model, torch::zeros({0, 16}), batch);
  EXPECT_EQ(term.count, 0);
  EXPECT_EQ(term.sum.item<float>(), 0.0f);
}

TEST(LossTerms, OfABatchThatNoObjectiveReadsAreZeroWithoutAGraph) {
  BertForPreTraining model(toy_model_config());
  PreTrainingBatch batch;
  batch.targets.masked_rows = torch::zeros({0}, torch::kLong);
  batch.targets.masked_labels = torch::zeros({0}, torch::kLong);
  const auto terms = loss_terms(model, make_objectives({"masked_lm"}), batch, {});  // There is no input to encode.
  ASSERT_EQ(terms.size(), 1u);
  EXPECT_EQ(terms[0].count, 0);
}

}  // namespace
}  // namespace bertforge
