#include "../../src/app/sweep.h"

#include <gmock/gmock.h>

#include "support/error_matchers.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

using ::testing::ElementsAre;

class Sweep : public ::testing::Test {
 protected:
  SweepConfig sweep() { return {.config = {base_}, .output = (folder_ / "runs").string()}; }
  std::string write(const std::string& name, const std::string& text) { return folder_.write(name, text).string(); }

 private:
  testing::TempDir folder_;
  std::string base_ = folder_.write("base.toml", "[data]\ntrain = [\"a.txt\"]\n").string();
};

std::vector<std::string> names_of(const std::vector<SweepRun>& runs) {
  std::vector<std::string> names;
  for (const SweepRun& run : runs) names.push_back(run.name);
  return names;
}

TEST_F(Sweep, OfAGridIsEveryCombinationWithTheLastLineFastest) {
  SweepConfig config = sweep();
  config.grid = {"optimizer.learning_rate = 1e-4,5e-4", "train.schedule=cosine , linear"};
  const auto runs = plan_sweep(config);
  EXPECT_THAT(names_of(runs), ElementsAre("learning_rate=1e-4_schedule=cosine", "learning_rate=1e-4_schedule=linear",
                                          "learning_rate=5e-4_schedule=cosine", "learning_rate=5e-4_schedule=linear"));
  EXPECT_EQ(runs[1].settings[0].path, "optimizer.learning_rate");
  EXPECT_EQ(runs[1].settings[1].value, "linear");
}

TEST_F(Sweep, OfOverlaysIsARunEach) {
  SweepConfig config = sweep();
  config.overlays = {write("whole word.toml", "[data]\nmasking = \"whole_word\"\n"), write("span.toml", "")};
  config.grid = {"train.seed = 1, 2"};
  const auto runs = plan_sweep(config);
  EXPECT_THAT(names_of(runs), ElementsAre("whole-word_seed=1", "whole-word_seed=2", "span_seed=1", "span_seed=2"));
  EXPECT_EQ(runs[0].config_files.size(), 2u);
}

TEST_F(Sweep, WithNeitherIsOneRun) { EXPECT_THAT(names_of(plan_sweep(sweep())), ElementsAre("run")); }

TEST_F(Sweep, ChecksTheSettingsOfEveryRunBeforeTheFirst) {
  SweepConfig config = sweep();
  config.grid = {"train.seed = 1, x"};
  EXPECT_ERROR(plan_sweep(config), ErrorKind::kUsage, "sweep: run seed=x: command line: train.seed");
  config.grid = {"train.sead = 1"};
  EXPECT_ERROR(plan_sweep(config), ErrorKind::kUsage, "did you mean --train.seed");
}

TEST_F(Sweep, RefusesGridLinesThatAreNoneAndNamesThatStandTwice) {
  SweepConfig config = sweep();
  for (const char* line : {"train.seed", "= 1", "train.seed = 1,,2", "train.seed ="}) {
    config.grid = {line};
    EXPECT_ERROR(plan_sweep(config), ErrorKind::kUsage, "it must be a setting and its values");
  }
  config.grid = {"train.seed = 1, 1"};
  EXPECT_ERROR(plan_sweep(config), ErrorKind::kUsage, "two runs would have the folder seed=1");
}

TEST_F(Sweep, FileNeedsConfigsAndAnOutput) {
  EXPECT_ERROR(read_sweep_file(write("a.toml", "[sweep]\noutput = \"x\"\n")), ErrorKind::kUsage,
               "names no config file");
  EXPECT_ERROR(read_sweep_file(write("b.toml", "[sweep]\nconfig = [\"a\"]\n")), ErrorKind::kUsage,
               "say where the runs go");
  EXPECT_ERROR(read_sweep_file(write("c.toml", "[sweep]\nconfigs = [\"a\"]\n")), ErrorKind::kUsage,
               "c.toml:2: unknown key sweep.configs; did you mean sweep.config?");
}

}  // namespace
}  // namespace bertforge
