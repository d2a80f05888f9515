#include "bertforge/app/run_folder.h"

#include <nlohmann/json.hpp>

#include "../../src/app/command_functions.h"
#include "bertforge/base/files.h"
#include "support/error_matchers.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

TEST(ChooseStart, BeginsAtTheBeginningInANewOrEmptyFolder) {
  const testing::TempDir folder;
  EXPECT_FALSE(choose_start(folder / "new", "auto").checkpoint);
  EXPECT_FALSE(choose_start(folder.path(), "auto").checkpoint);
}

TEST(ChooseStart, BeginsAtTheBeginningWhereAProcessWasKilledWithItsFirstFileInTheMaking) {
  const testing::TempDir folder;
  folder.write("run.json.partial", "{");
  EXPECT_FALSE(choose_start(folder.path(), "auto").checkpoint);
  folder.write("letter.txt", "Dear");
  EXPECT_ERROR(choose_start(folder.path(), "auto"), ErrorKind::kUsage, "no checkpoint to resume from");
}

TEST(ChooseStart, RefusesAFolderOfOtherThings) {
  const testing::TempDir folder;
  folder.write("letter.txt", "Dear");
  EXPECT_ERROR(choose_start(folder.path(), "auto"), ErrorKind::kUsage, "no checkpoint to resume from");
  EXPECT_FALSE(choose_start(folder.path(), "never").checkpoint);
}

TEST(ChooseStart, NeverRefusesToMixTwoRuns) {
  const testing::TempDir folder;
  folder.write("checkpoints/step-00000003/config.json", "{}");
  EXPECT_ERROR(choose_start(folder.path(), "never"), ErrorKind::kUsage, "has checkpoints");
}

TEST(ChooseStart, RefusesAFileAndAMissingCheckpoint) {
  const testing::TempDir folder;
  EXPECT_ERROR(choose_start(folder.write("file", ""), "auto"), ErrorKind::kUsage, "is a file");
  EXPECT_ERROR(choose_start(folder / "run", (folder / "nowhere").string()), ErrorKind::kUsage,
               "there is no such folder");
}

TEST(ChooseStart, BeginsAnewInARunWithoutCheckpointAndWritesNothing) {
  const testing::TempDir folder;
  folder.write("run.json", "{}");
  folder.write("metrics.jsonl", "{}");
  EXPECT_FALSE(choose_start(folder.path(), "auto").checkpoint);
  EXPECT_FALSE(choose_start(folder.path(), "never").checkpoint);
  EXPECT_TRUE(std::filesystem::exists(folder / "metrics.jsonl"));
}

TEST(NoteSessionEnd, BelongsToTheLastSession) {
  const testing::TempDir folder;
  folder.write("run.json", R"({"format_version": 1, "sessions": [{"started": "a"}, {"started": "b"}]})");
  note_session_end({folder.path()}, {12, "interrupted by SIGTERM"});
  const auto sessions = nlohmann::json::parse(read_file(folder / "run.json"))["sessions"];
  EXPECT_FALSE(sessions[0].contains("end"));
  EXPECT_EQ(sessions[1]["end"]["step"].get<int>(), 12);
  EXPECT_EQ(sessions[1]["end"]["reason"].get<std::string>(), "interrupted by SIGTERM");
  EXPECT_EQ(sessions[1]["end"]["time"].get<std::string>().size(), std::string("2026-11-29T12:00:00Z").size());
}

TEST(NoteSessionEnd, IsNoErrorWhereThereIsNoSession) {
  const testing::TempDir folder;
  note_session_end({folder / "gone"}, {12, "complete"});
  EXPECT_FALSE(std::filesystem::exists(folder / "gone"));
  for (const char* content : {"{", "{}", R"({"sessions": 3})", R"({"sessions": []})", R"({"sessions": [3]})"}) {
    folder.write("run.json", content);
    note_session_end({folder.path()}, {12, "complete"});
    EXPECT_EQ(testing::contents_of(folder / "run.json"), content);
  }
}

TEST(ChangedSettings, AreThoseThatAreNotTheDefaults) {
  const testing::TempDir folder;
  EXPECT_TRUE(changed_settings(folder.path()).empty());
  folder.write("config.toml", "[train]\nbatch_size = 7\nseed = 42\n[run]\noutput = \"a\"\n");
  EXPECT_EQ(changed_settings(folder.path()), (Facts{{"train.batch_size", "7"}}));
}

TEST(ChangedSettings, OfAnotherCompatAreMeasuredByItsOwnDefaults) {
  const testing::TempDir folder;
  folder.write("config.toml", "[tokenizer]\ncompat = \"google\"\nmax_word_chars = 200\n");
  EXPECT_EQ(changed_settings(folder.path()), (Facts{{"tokenizer.compat", "\"google\""}}));
}

TEST(RunLock, LetsOneHolderIn) {
  const testing::TempDir folder;
  RunLock first(folder / "run"), second(folder / "run");
  first.make_folder();
  EXPECT_ERROR(second.make_folder(), ErrorKind::kEnvironment, "made by another process");
  EXPECT_ERROR(RunLock(folder / "run"), ErrorKind::kEnvironment, "another process is training");
}

}  // namespace
}  // namespace bertforge
