#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <map>

#include "bertforge/inference/fill_mask.h"
#include "bertforge/inference/next_sentence.h"
#include "support/error_matchers.h"
#include "toy_session.h"

namespace bertforge {
namespace {

TEST(FillMask, GivesTheLikeliestPiecesOfEveryMaskInOrder) {
  testing::ToySession session;
  const SequenceMaker maker = session->sequence_maker(0, SpecialTokensInText::kMatch);
  const std::vector<Sequence> sequences = {maker.make("the [MASK] of [MASK] ."), maker.make("the"),
                                           maker.make("[MASK]")};
  const auto filled = fill_masks(*session, sequences, 5);
  ASSERT_EQ(filled.size(), 3u);
  ASSERT_EQ(filled[0].size(), 2u);
  EXPECT_EQ(filled[0][0].place, 2);
  EXPECT_EQ(filled[0][1].place, 4);
  EXPECT_TRUE(filled[1].empty());

  const auto& predictions = filled[2][0].predictions;
  ASSERT_EQ(predictions.size(), 5u);
  for (std::size_t i = 1; i < predictions.size(); ++i)
    EXPECT_GE(predictions[i - 1].probability, predictions[i].probability);
}

TEST(FillMask, ProbabilitiesOfAllPiecesAddUpToOneAndAreTheModels) {
  testing::ToySession session;
  const SequenceMaker maker = session->sequence_maker(0, SpecialTokensInText::kMatch);
  const std::vector<Sequence> sequences = {maker.make("the [MASK] .")};
  const auto filled = fill_masks(*session, sequences, 1000);
  ASSERT_EQ(filled[0][0].predictions.size(), 12u);
  const torch::NoGradGuard no_grad;
  session->run(sequences, [&](const SequenceBatch& batch) {
    const auto row = batch.output.last_hidden_state.select(1, 2);
    const auto expected = torch::softmax(session->model()->prediction_logits(row)[0], 0);
    double sum = 0;
    for (const auto& [id, probability] : filled[0][0].predictions) {
      EXPECT_NEAR(probability, expected[id].item<float>(), 1e-6);
      sum += probability;
    }
    EXPECT_NEAR(sum, 1, 1e-5);
  });
}

TEST(FillMask, MasksOfATextAreTheSameInABatchWithLongerTexts) {
  testing::ToySession session;
  const SequenceMaker maker = session->sequence_maker(0, SpecialTokensInText::kMatch);
  const std::vector<Sequence> sequences = {maker.make("the [MASK]"),
                                           maker.make("[MASK] the river [MASK] . money the bank"),
                                           maker.make("bank . [MASK] the [MASK]"), maker.make("money")};
  const auto by_id = [](const FilledMask& mask) {
    std::map<TokenId, double> probabilities;
    for (const auto& [id, probability] : mask.predictions) probabilities[id] = probability;
    return probabilities;
  };
  const auto together = fill_masks(*session, sequences, 12);
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    const auto alone = fill_masks(*session, {sequences[i]}, 12)[0];
    ASSERT_EQ(together[i].size(), alone.size());
    for (std::size_t mask = 0; mask < alone.size(); ++mask) {
      EXPECT_EQ(together[i][mask].place, alone[mask].place);
      const auto expected = by_id(alone[mask]);
      for (const auto& [id, probability] : by_id(together[i][mask])) EXPECT_NEAR(probability, expected.at(id), 1e-5);
    }
  }
  // A row beside the right one would show.
  EXPECT_GT(std::abs(by_id(together[2][0]).at(5) - by_id(together[2][1]).at(5)), 5e-5);
}

TEST(NextSentence, IsTheProbabilityOfClassZeroForEachPair) {
  testing::ToySession session;
  const SequenceMaker maker = session->sequence_maker();
  const std::vector<Sequence> pairs = {maker.make(split_pair("the bank ||| money .")),
                                       maker.make(split_pair("a ||| b")),
                                       maker.make(split_pair(" ||| the river bank"))};
  const auto together = next_sentence_probabilities(*session, pairs);
  for (std::size_t i = 0; i < pairs.size(); ++i)
    EXPECT_NEAR(next_sentence_probabilities(*session, {pairs[i]})[0], together[i], 1e-6);
  const torch::NoGradGuard no_grad;
  session->run({pairs[0]}, [&](const SequenceBatch& batch) {
    const auto logits = session->model()->seq_relationship_logits(batch.output.last_hidden_state.select(1, 0));
    EXPECT_NEAR(together[0], torch::softmax(logits, 1)[0][0].item<float>(), 1e-6);
  });
}

TEST(EncoderSession, RefusesLengthsThatTheModelHasNoPositionsFor) {
  EXPECT_ERROR(testing::ToySession({.max_length = 18}), ErrorKind::kUsage,
               "--max-length is 18; it must be from 5 to 17");
  EXPECT_ERROR(testing::ToySession({.max_length = 4}), ErrorKind::kUsage, "--max-length is 4; it must be from 5 to 17");
}

TEST(EncoderSession, InBfloat16ItIsNearFloat32) {
  testing::ToySession full, half({.precision = "bfloat16"});
  const std::vector<Sequence> sequences = {full->sequence_maker().make("the river bank")};
  at::Tensor expected;
  full->run(sequences, [&](const SequenceBatch& batch) { expected = batch.output.last_hidden_state.clone(); });
  half->run(sequences, [&](const SequenceBatch& batch) {
    EXPECT_LT((batch.output.last_hidden_state.to(at::kFloat) - expected).abs().max().item<float>(), 0.1);
  });
}

}  // namespace
}  // namespace bertforge
