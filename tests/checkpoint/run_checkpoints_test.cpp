#include "bertforge/checkpoint/run_checkpoints.h"

#include "bertforge/checkpoint/paths.h"
#include "checkpoint/toy_run.h"
#include "support/error_matchers.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::steps_of;
using testing::TempDir;
using testing::ToyRun;

// Saves steps 1 to `num_steps`.
void save_steps(const fs::path& run, int num_steps) {
  ToyRun toy;
  for (int step = 1; step <= num_steps; ++step) {
    toy.update();
    toy.save(run);
  }
}

TEST(RunPaths, NameCheckpointsSoThatTheySort) {
  EXPECT_EQ(RunPaths{"run"}.checkpoint(1000), fs::path("run/checkpoints/step-00001000"));
  EXPECT_EQ(RunPaths{"run"}.checkpoint(123456789), fs::path("run/checkpoints/step-123456789"));
}

TEST(RunPaths, KnowACheckpointByItsNameOnly) {
  EXPECT_EQ(checkpoint_step("step-00001000"), 1000);
  EXPECT_EQ(checkpoint_step("step-123456789"), 123456789);
  for (const char* name :
       {"step-00001000.partial", "step-1000", "step--0000001", "step-", "step-0000100x", "best", ""}) {
    EXPECT_EQ(checkpoint_step(name), std::nullopt) << name;
  }
}

TEST(LatestCheckpoint, IsTheNewest) {
  const TempDir run;
  EXPECT_EQ(latest_checkpoint(run.path()), std::nullopt);
  save_steps(run.path(), 3);
  EXPECT_EQ(latest_checkpoint(run.path()), run / "checkpoints/step-00000003");
  EXPECT_EQ(latest_checkpoint(run.path(), 3), std::nullopt);
}

TEST(LatestCheckpoint, PassesOverBrokenAndHalfWrittenOnes) {
  const TempDir run;
  save_steps(run.path(), 3);
  run.write("checkpoints/step-00000003/vocab.txt", "[PAD]\n");
  run.write("checkpoints/step-00000009.partial/config.json", "{}");
  run.write("checkpoints/step-00000008/config.json", "{}");
  run.write("checkpoints/notes.txt", "step-00000007");
  EXPECT_EQ(latest_checkpoint(run.path()), run / "checkpoints/step-00000002");
}

TEST(LatestCheckpoint, OfANewerFormatIsAnErrorAndNotPassedOver) {
  const TempDir run;
  save_steps(run.path(), 1);
  run.write("checkpoints/step-00000008/trainer/state.json", R"({"format_version": 99})");
  EXPECT_ERROR(latest_checkpoint(run.path()), ErrorKind::kInput, "format version 99");
  EXPECT_ERROR(resolve_checkpoint(run.path()), ErrorKind::kInput, "format version 99");
}

TEST(LatestCheckpoint, OfNoVersionAtAllIsDamaged) {
  const TempDir run;
  save_steps(run.path(), 1);
  for (const char* state : {"", "{}", "[99]", R"({"format_version": "99"})", R"({"format_version": 1})"}) {
    run.write("checkpoints/step-00000008/trainer/state.json", state);
    EXPECT_EQ(latest_checkpoint(run.path()), run / "checkpoints/step-00000001") << state;
  }
}

TEST(ResolveCheckpoint, AModelFolderIsItself) {
  const TempDir folder;
  folder.write("config.json", "{}");
  EXPECT_EQ(resolve_checkpoint(folder.path()), folder.path());
}

TEST(ResolveCheckpoint, ARunIsItsBestElseItsLatest) {
  const TempDir run;
  save_steps(run.path(), 3);
  EXPECT_EQ(resolve_checkpoint(run.path()), run / "checkpoints/step-00000003");
  set_best(run.path(), run / "checkpoints/step-00000002");
  EXPECT_EQ(resolve_checkpoint(run.path()), run / "checkpoints/step-00000002");
  EXPECT_EQ(resolve_checkpoint(run / "best"), run / "best");
}

TEST(ResolveCheckpoint, ABestThatIsGoneGivesTheLatest) {
  const TempDir run;
  save_steps(run.path(), 2);
  set_best(run.path(), run / "checkpoints/step-00000001");
  fs::remove_all(run / "checkpoints/step-00000001");
  EXPECT_EQ(resolve_checkpoint(run.path()), run / "checkpoints/step-00000002");
}

TEST(ResolveCheckpoint, ARunThatWasMovedStillHasItsBest) {
  const TempDir parent;
  save_steps(parent / "run", 2);
  set_best(parent / "run", parent / "run/checkpoints/step-00000001");
  fs::rename(parent / "run", parent / "moved");
  EXPECT_EQ(resolve_checkpoint(parent / "moved"), parent / "moved/checkpoints/step-00000001");
  EXPECT_TRUE(fs::exists(parent / "moved/best/model.safetensors"));
}

TEST(ResolveCheckpoint, SaysWhatIsMissing) {
  const TempDir folder;
  EXPECT_ERROR(resolve_checkpoint(folder / "none"), ErrorKind::kUsage, "there is no such folder");
  EXPECT_ERROR(resolve_checkpoint(folder.path()), ErrorKind::kUsage, "neither a model folder, which has config.json");
  folder.write("config.toml", "");
  EXPECT_ERROR(resolve_checkpoint(folder.path()), ErrorKind::kUsage, "the run has no checkpoint yet");
}

TEST(PruneCheckpoints, KeepsTheNewestTheBestAndTheLatest) {
  const TempDir run;
  save_steps(run.path(), 6);
  set_best(run.path(), run / "checkpoints/step-00000002");
  prune_checkpoints(run.path(), 6, 2);
  EXPECT_THAT(steps_of(run.path()), ElementsAre(2, 5, 6));
  set_latest(run.path(), run / "checkpoints/step-00000005");
  prune_checkpoints(run.path(), 6, 1);
  EXPECT_THAT(steps_of(run.path()), ElementsAre(2, 5, 6));
}

TEST(PruneCheckpoints, KeepsAllWhereKeepLastIsZero) {
  const TempDir run;
  save_steps(run.path(), 3);
  prune_checkpoints(run.path(), 3, 0);
  EXPECT_THAT(steps_of(run.path()), ElementsAre(1, 2, 3));
}

TEST(PruneCheckpoints, DoesNotCountFoldersOfLaterSteps) {
  const TempDir run;
  save_steps(run.path(), 3);
  run.write("checkpoints/step-00000008/config.json", "{}");
  prune_checkpoints(run.path(), 3, 2);
  EXPECT_THAT(steps_of(run.path()), ElementsAre(2, 3, 8));
}

TEST(PartialCheckpoints, OfKilledProcessesAreRemoved) {
  const TempDir run;
  remove_partial_checkpoints(run.path());
  save_steps(run.path(), 1);
  run.write("checkpoints/step-00000009.partial/config.json", "{}");
  run.write("checkpoints/mine.partial", "");
  remove_partial_checkpoints(run.path());
  EXPECT_FALSE(fs::exists(run / "checkpoints/step-00000009.partial"));
  EXPECT_FALSE(fs::exists(run / "checkpoints/step-00000009"));
  EXPECT_TRUE(fs::exists(run / "checkpoints/mine.partial"));
  EXPECT_THAT(steps_of(run.path()), ElementsAre(1));
}

TEST(CheckpointFolders, OfARunWithoutCheckpointsAreNone) {
  const TempDir run;
  EXPECT_THAT(checkpoint_folders(run.path()), IsEmpty());
}

}  // namespace
}  // namespace bertforge
