#include "../../src/train/step_lines.h"

#include <gtest/gtest.h>

#include "bertforge/base/files.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

using testing::TempDir;

// Three updates, the last evaluation behind the second.
TrainState behind_three_updates() {
  TrainState state;
  state.progress.step = 3, state.evaluated.step = 2;
  return state;
}

TEST(StepLines, AreLeftUpToTheLastUpdateAndTheLastEvaluation) {
  const TempDir folder;
  const std::string kept = "{\"step\": 2, \"kind\": \"evaluation\"}\n{\"step\": 3, \"kind\": \"train\"}\n";
  const auto file = folder.write("metrics.jsonl", kept +
                                                      "{\"step\": 3, \"kind\": \"evaluation\"}\n"
                                                      "{\"step\": 4, \"kind\": \"train\"}\n");
  drop_lines_after(file, behind_three_updates());
  EXPECT_EQ(read_file(file), kept);
}

TEST(StepLines, OfAFileWithoutKindsAreLeftUpToTheLastEvaluation) {
  const TempDir folder;
  const auto file = folder.write("predictions.jsonl", "{\"step\": 1}\n{\"step\": 2}\n{\"step\": 3}\n");
  drop_evaluations_after(file, behind_three_updates());
  EXPECT_EQ(read_file(file), "{\"step\": 1}\n{\"step\": 2}\n");
}

TEST(StepLines, ThatAreNoneOrWereCutShortAreDropped) {
  const TempDir folder;
  const auto file = folder.write(
      "metrics.jsonl", "{\"step\": 1}\nnonsense\n[1]\n{\"kind\": \"train\"}\n{\"step\": \"2\"}\n\n{\"step\": 2}");
  drop_lines_after(file, behind_three_updates());
  EXPECT_EQ(read_file(file), "{\"step\": 1}\n");
}

TEST(StepLines, OfAFileThatIsNotThereMakeNone) {
  const TempDir folder;
  drop_lines_after(folder / "metrics.jsonl", behind_three_updates());
  EXPECT_FALSE(path_exists(folder / "metrics.jsonl"));
}

}  // namespace
}  // namespace bertforge
