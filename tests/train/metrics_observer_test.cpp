#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "bertforge/base/files.h"
#include "bertforge/train/observers.h"
#include "toy_training.h"

namespace bertforge {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::observers;
using testing::toy_train_config;
using testing::ToyTraining;

TEST(MetricsFile, HasALineAnIntervalAndDropsWhatARunRepeats) {
  auto config = toy_train_config(4);
  config.log_every = Duration::steps(2);
  ToyTraining training(config);
  const auto file = training.folder.path() / "metrics.jsonl";
  write_file_atomic(file,
                    "{\"step\": 0, \"kind\": \"old\"}\n{\"step\": 2, \"kind\": \"repeated\"}\n{\"step\": 0, \"cut");
  training.run({}, observers(make_metrics_observer(config, file)));
  const std::string content = read_file(file);
  EXPECT_EQ(std::count(content.begin(), content.end(), '\n'), 3);
  EXPECT_NE(content.find("old"), std::string::npos);
  EXPECT_EQ(content.find("repeated"), std::string::npos);
  EXPECT_NE(content.find("\"kind\":\"train\",\"step\":4"), std::string::npos);
}

TEST(MetricsFile, LosesAnEvaluationThatARunHasToMakeAgain) {
  ToyTraining training(toy_train_config(3));
  const auto file = training.folder.path() / "metrics.jsonl";
  write_file_atomic(file,
                    "{\"step\": 2, \"kind\": \"evaluation\"}\n{\"step\": 3, \"kind\": \"train\"}\n"
                    "{\"step\": 3, \"kind\": \"evaluation\"}\n");
  TrainState state;
  state.progress.step = 3, state.evaluated.step = 2;
  training.run(state, observers(make_metrics_observer(training.config, file)));
  EXPECT_EQ(read_file(file), "{\"step\": 2, \"kind\": \"evaluation\"}\n{\"step\": 3, \"kind\": \"train\"}\n");
}

// Stands where checkpoints are saved: keeps what the file has when an evaluation is told.
struct ReadAtEvaluations : TrainingObserver {
  ReadAtEvaluations(std::filesystem::path file, std::vector<std::string>& contents)
      : file(std::move(file)), contents(contents) {}
  void on_evaluation(TrainingView&, const EvaluationReport&) override { contents.push_back(read_file(file)); }
  const std::filesystem::path file;
  std::vector<std::string>& contents;
};

// A process may die as soon as a checkpoint is saved: what the checkpoint knows is written by then.
TEST(MetricsFile, HasTheUpdatesAndTheEvaluationThatACheckpointAtAnEvaluationKnows) {
  auto config = toy_train_config(3);
  config.log_every = config.evaluate_every = Duration::steps(2);
  ToyTraining training(config);
  Evaluator evaluator(make_evaluation_batches(training.store, training.tokenizer, training.loader_config(), 4, 1),
                      make_objectives(config.objectives), torch::kCPU, {});
  const auto file = training.folder.path() / "metrics.jsonl";
  std::vector<std::string> contents;
  training.run({},
               observers(make_metrics_observer(config, file),
                         make_evaluation_observer(training.model, *training.optimizer, std::move(evaluator), config),
                         std::make_unique<ReadAtEvaluations>(file, contents)));
  ASSERT_EQ(contents.size(), 2u);  // When it is due, and at the end, where an interval is under way.
  for (const std::size_t i : {0, 1}) {
    const std::string step = i == 0 ? "2" : "3";
    EXPECT_THAT(contents[i], HasSubstr("\"kind\":\"train\",\"step\":" + step + ","));
    EXPECT_THAT(contents[i], HasSubstr("\"kind\":\"evaluation\",\"step\":" + step + ","));
    EXPECT_THAT(contents[i], EndsWith("}\n"));
  }
}

}  // namespace
}  // namespace bertforge
