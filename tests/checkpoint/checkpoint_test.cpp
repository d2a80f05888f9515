#include "bertforge/checkpoint/checkpoint.h"

#include <sys/resource.h>

#include <csignal>
#include <cstring>

#include "bertforge/checkpoint/paths.h"
#include "bertforge/checkpoint/run_checkpoints.h"
#include "bertforge/checkpoint/state_file.h"
#include "bertforge/formats/safetensors.h"
#include "bertforge/huggingface/folder.h"
#include "checkpoint/toy_run.h"
#include "support/error_matchers.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

namespace fs = std::filesystem;
using testing::are_equal;
using testing::contents_of;
using testing::TempDir;
using testing::toy_config;
using testing::ToyRun;

class CheckpointInPrecision : public ::testing::TestWithParam<Precision> {};

TEST_P(CheckpointInPrecision, ComesBackBitForBit) {
  const TempDir run;
  ToyRun saved(GetParam()), loaded(GetParam());
  for (int i = 0; i < 5; ++i) saved.update();
  saved.state.best_loss = 7.1 / 3;
  saved.state.best_step = 4;
  saved.state.loss_scaler = {.scale = 4096, .finite_updates = 17};
  saved.state.evaluated = {.step = 4, .epoch = 0.25, .tokens = 99, .examples = 28, .seconds = 1.5};
  const fs::path folder = saved.save(run.path());
  EXPECT_EQ(folder, run / "checkpoints/step-00000005");
  EXPECT_FALSE(are_equal(saved, loaded));
  EXPECT_TRUE(load_checkpoint(folder, loaded.parts(), loaded.state) == saved.state);
  EXPECT_TRUE(are_equal(saved, loaded));
}

TEST_P(CheckpointInPrecision, TrainingGoesOnAsIfItHadNeverStopped) {
  const TempDir run;
  ToyRun steady(GetParam()), stopped(GetParam()), resumed(GetParam());
  for (int i = 0; i < 6; ++i) steady.update();
  for (int i = 0; i < 2; ++i) stopped.update();
  resumed.state = load_checkpoint(stopped.save(run.path()), resumed.parts(), resumed.state);
  for (int i = 0; i < 4; ++i) resumed.update();
  EXPECT_TRUE(are_equal(steady, resumed));
  steady.save(run / "steady");
  resumed.save(run / "resumed");
  for (const char* file : {"latest/model.safetensors", "latest/trainer/optimizer.safetensors", "latest/config.json"}) {
    EXPECT_EQ(contents_of(run / "steady" / file), contents_of(run / "resumed" / file)) << file;
  }
}

TEST_P(CheckpointInPrecision, WithAnAverageIsThatAndTrainingGoesOnFromTheWeights) {
  const TempDir run;
  const OptimizerConfig averaging = {.average_decay = 0.9};
  ToyRun steady(GetParam(), toy_config(), averaging), resumed(GetParam(), toy_config(), averaging);
  for (int i = 0; i < 3; ++i) steady.update();
  const fs::path folder = steady.save(run.path());
  resumed.state = load_checkpoint(folder, resumed.parts(), resumed.state);
  EXPECT_TRUE(are_equal(steady, resumed));

  const SafetensorsFile model(folder / model_files::kWeights), trainer(CheckpointPaths{folder}.optimizer());
  const ParameterInfo& info = steady.store.parameters().front();
  const auto is_saved = [&](const SafetensorsFile& file, const std::string& name, const at::Tensor& flat) {
    const auto expected = ParameterStore::view(flat, info).contiguous();
    const TensorView& saved = file.get(name);
    return saved.data.size() == expected.nbytes() &&
           std::memcmp(saved.data.data(), expected.const_data_ptr(), saved.data.size()) == 0;
  };
  EXPECT_TRUE(is_saved(model, info.name, steady.optimizer.slots().back().values));
  EXPECT_TRUE(is_saved(trainer, "weights/" + info.name, steady.store.weights()));

  for (ToyRun* going_on : {&steady, &resumed}) going_on->update();
  EXPECT_TRUE(are_equal(steady, resumed));
}

INSTANTIATE_TEST_SUITE_P(Each, CheckpointInPrecision,
                         ::testing::Values(Precision::kFloat32, Precision::kBfloat16, Precision::kFloat16));

TEST(Checkpoint, IsAModelFolder) {
  const TempDir run;
  ToyRun saved;
  saved.update();
  const LoadedModel loaded = load_model(saved.save(run.path()));
  EXPECT_EQ(loaded.config, toy_config());
  const auto parameters = loaded.model->named_parameters();
  for (const auto& item : saved.model->named_parameters()) {
    EXPECT_TRUE(torch::equal(item.value(), parameters[item.key()])) << item.key();
  }
}

TEST(Checkpoint, WithAnAverageIsNotReadWithoutOneNorTheOtherWayRound) {
  const TempDir run;
  const OptimizerConfig averaging = {.average_decay = 0.9};
  ToyRun averaged(Precision::kFloat32, toy_config(), averaging), plain;
  averaged.update();
  plain.update();
  EXPECT_ERROR(load_checkpoint(averaged.save(run / "averaged"), plain.parts(), plain.state), ErrorKind::kUsage,
               "keeps an average of the weights, and optimizer.average_decay is 0");
  EXPECT_ERROR(load_checkpoint(plain.save(run / "plain"), averaged.parts(), averaged.state), ErrorKind::kUsage,
               "keeps no average of the weights");
}

TEST(Checkpoint, AStateWithoutBestComesBackWithoutBest) {
  const TempDir run;
  ToyRun saved;
  const TrainState state = read_state_file(saved.save(run.path()));
  EXPECT_EQ(state.best_loss, std::nullopt);
  EXPECT_EQ(state.progress.step, 0);
}

TEST(Checkpoint, LatestLeadsToItByARelativeLink) {
  const TempDir run;
  ToyRun saved;
  saved.update();
  saved.save(run.path());
  EXPECT_EQ(fs::read_symlink(run / "latest"), "checkpoints/step-00000001");
  saved.update();
  saved.save(run.path());
  EXPECT_EQ(fs::read_symlink(run / "latest"), "checkpoints/step-00000002");
}

TEST(Checkpoint, SavedAgainAtTheSameStepTakesThePlaceOfTheFirst) {
  const TempDir run;
  ToyRun saved;
  saved.update();
  saved.save(run.path());
  saved.state.best_loss = 2.5;
  EXPECT_EQ(read_state_file(saved.save(run.path())).best_loss, 2.5);
}

// A full disk, as far as one process can have it: files may not grow beyond a size.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t max_file_size) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit small = {max_file_size, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
  }
  ~SmallDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_ = {};
  void (*handler_)(int);
};

TEST(Checkpoint, ASaveThatFailsLeavesTheOneBeforeAndNothingElse) {
  const TempDir run;
  ToyRun saved;
  saved.update();
  const fs::path first = saved.save(run.path());
  const std::string weights = contents_of(first / "model.safetensors");
  saved.update();
  for (const rlim_t size : {rlim_t{300}, weights.size() - 1, weights.size() + 100}) {  // config, weights, moments.
    const SmallDisk disk(size);
    EXPECT_ERROR(saved.save(run.path()), ErrorKind::kEnvironment, "step-00000002.partial");
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(run / "checkpoints"), {}), 1);
  EXPECT_EQ(fs::read_symlink(run / "latest"), "checkpoints/step-00000001");
  EXPECT_EQ(latest_checkpoint(run.path()), first);
  EXPECT_EQ(contents_of(first / "model.safetensors"), weights);
}

}  // namespace
}  // namespace bertforge
