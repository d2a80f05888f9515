#include <gmock/gmock.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "bertforge/base/files.h"
#include "bertforge/formats/json.h"
#include "bertforge/train/evaluator.h"
#include "bertforge/train/observers.h"
#include "toy_training.h"

namespace bertforge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::observers;
using testing::toy_train_config;
using testing::ToyTraining;

// A training of 5 updates with evaluations at 2, 4 and 5, and what it wrote.
class PredictionsFile : public ::testing::Test {
 protected:
  void train(TrainState state = {}, const OptimizerConfig& optimizer = {.learning_rate = 3e-3}) {
    auto config = toy_train_config(5);
    config.evaluate_every = Duration::steps(2);
    training_ = std::make_unique<ToyTraining>(config, optimizer);
    const auto batches = make_evaluation_batches(training_->store, training_->tokenizer, training_->loader_config(),
                                                 kNumSampleCandidates, 1);
    sentences_ = choose_sample_sentences(batches, training_->tokenizer);
    Evaluator evaluator(batches, make_objectives(config.objectives), torch::kCPU, {});
    training_->run(state, observers(make_evaluation_observer(training_->model, *training_->optimizer,
                                                             std::move(evaluator), config),
                                    make_prediction_observer(training_->model, *training_->optimizer,
                                                             training_->tokenizer, sentences_, file_)));
  }

  std::vector<nlohmann::json> lines() const {
    std::vector<nlohmann::json> lines;
    std::istringstream content(read_file(file_));
    for (std::string line; std::getline(content, line);) lines.push_back(parse_json(line, "line"));
    return lines;
  }

  std::vector<int> steps() const {
    std::vector<int> steps;
    for (const auto& line : lines()) steps.push_back(line.at("step").get<int>());
    return steps;
  }

  // [V] of one mask, from the sentence alone.
  at::Tensor probabilities_of(const Example& example, std::size_t mask) {
    const torch::NoGradGuard no_grad;
    const auto tensors = to_tensors(collate(std::vector{example}), 0, torch::kCPU);
    const auto hidden = training_->model->encode(tensors.input, {}).last_hidden_state.flatten(0, 1);
    const auto row = hidden.narrow(0, example.masked_positions[mask], 1);
    return torch::softmax(training_->model->prediction_logits(row).to(torch::kFloat), 1).flatten();
  }

  // The largest difference of the last line's probabilities from those of the model as it is now.
  double difference_from_model() {
    double difference = 0;
    const auto samples = lines().back().at("samples");
    for (std::size_t s = 0; s < sentences_.size(); ++s) {
      const Example& example = sentences_[s].example;
      for (std::size_t m = 0; m < example.masked_labels.size(); ++m) {
        const auto probabilities = probabilities_of(example, m);
        const auto largest = std::get<0>(probabilities.topk(3));
        const auto& predictions = samples[s].at("masks")[m].at("predictions");
        for (std::size_t k = 0; k < 3; ++k) {
          const double written = predictions.at(k).at("probability").get<double>();
          const std::int64_t id = id_of(predictions.at(k).at("piece").get<std::string>());
          difference = std::max(difference, std::abs(written - probabilities[id].item<double>()));
          difference = std::max(difference, std::abs(written - largest[static_cast<std::int64_t>(k)].item<double>()));
        }
      }
    }
    return difference;
  }

  TokenId id_of(const std::string& piece) const {
    TokenId id = 0;
    while (training_->tokenizer.piece(id) != piece) ++id;
    return id;
  }

  testing::TempDir folder_;
  std::filesystem::path file_ = folder_ / "predictions.jsonl";
  std::unique_ptr<ToyTraining> training_;
  std::vector<SampleSentence> sentences_;
};

TEST_F(PredictionsFile, HasALineAnEvaluationWithSentencesTargetsAndTheModelsThreeLikeliestPieces) {
  train();
  EXPECT_THAT(steps(), ElementsAre(2, 4, 5));
  EXPECT_EQ(lines().back().at("tokens").get<std::int64_t>(), training_->final_state.progress.tokens);
  ASSERT_GE(sentences_.size(), 2u);
  for (const auto& line : lines()) {
    ASSERT_EQ(line.at("samples").size(), sentences_.size());
    for (std::size_t s = 0; s < sentences_.size(); ++s) {
      const auto& sample = line.at("samples")[s];
      const Example& example = sentences_[s].example;
      EXPECT_EQ(sample.at("text").get<std::vector<std::string>>(), sentences_[s].text);
      ASSERT_EQ(sample.at("masks").size(), example.masked_labels.size());
      for (std::size_t m = 0; m < example.masked_labels.size(); ++m) {
        EXPECT_EQ(sample["masks"][m].at("position").get<std::int32_t>(), example.masked_positions[m]);
        EXPECT_EQ(sample["masks"][m].at("target").get<std::string>(),
                  training_->tokenizer.piece(example.masked_labels[m]));
        EXPECT_EQ(sample["masks"][m].at("predictions").size(), 3u);
      }
    }
  }
  EXPECT_LT(difference_from_model(), 1e-5);
}

TEST_F(PredictionsFile, IsOfTheAveragedWeightsWhereTheseAreEvaluated) {
  train({}, {.learning_rate = 5e-2, .average_decay = 0.9});
  EXPECT_GT(difference_from_model(), 1e-4);
  const AveragedWeights averaged(*training_->optimizer);
  EXPECT_LT(difference_from_model(), 1e-5);
}

TEST_F(PredictionsFile, ChangesNothingOfTheTraining) {
  train();
  ToyTraining alone(toy_train_config(5));
  alone.run();
  EXPECT_TRUE(alone.parameters->weights().equal(training_->parameters->weights()));
}

TEST_F(PredictionsFile, LosesLaterLinesAndOneCutShortWhereARunGoesOn) {
  write_file_atomic(file_,
                    "{\"step\":0,\"kept\":1}\n{\"step\":2,\"kept\":2}\n{\"step\":4,\"repeated\":1}\n{\"step\":1,\"cut");
  TrainState state;
  state.progress.step = state.evaluated.step = 2;
  train(state);
  EXPECT_THAT(steps(), ElementsAre(0, 2, 4, 5));
  EXPECT_THAT(read_file(file_), HasSubstr("\"kept\":2"));
  EXPECT_THAT(read_file(file_), Not(HasSubstr("repeated")));
}

TEST_F(PredictionsFile, HasAnEvaluationThatWasMadeUpForTwiceOnce) {
  write_file_atomic(file_, "{\"step\":1,\"kept\":1}\n{\"step\":2,\"first try\":1}\n{\"step\":2,\"cut");
  TrainState state;
  state.progress.step = 2, state.evaluated.step = 1;  // The evaluation at 2 is owed.
  train(state);
  EXPECT_THAT(steps(), ElementsAre(1, 2, 4, 5));
  EXPECT_THAT(read_file(file_), Not(HasSubstr("first try")));
}

}  // namespace
}  // namespace bertforge
