// Damaged checkpoints, and whole ones of another run: each is refused by name before anything is changed.

#include <functional>
#include <nlohmann/json.hpp>

#include "bertforge/base/files.h"
#include "bertforge/checkpoint/checkpoint.h"
#include "bertforge/checkpoint/paths.h"
#include "bertforge/checkpoint/state_file.h"
#include "bertforge/formats/safetensors.h"
#include "bertforge/huggingface/config_json.h"
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

constexpr const char* kWeights = "model.safetensors";
constexpr const char* kMoments = "trainer/optimizer.safetensors";

class DamagedCheckpoint : public ::testing::Test {
 protected:
  DamagedCheckpoint() {
    saved_.update();
    saved_.state.best_loss = 3.25;
    folder_ = saved_.save(run_.path());
  }

  void expect_refused(ErrorKind kind, const std::string& message) {
    ToyRun loaded, untouched;
    EXPECT_ERROR(load_checkpoint(folder_, loaded.parts(), loaded.state), kind, message);
    EXPECT_TRUE(are_equal(loaded, untouched));
  }

  void write(const std::string& file, const std::string& content) {
    run_.write((folder_ / file).lexically_relative(run_.path()).string(), content);
  }

  // Changes the tensors of a file; the hashes are those of the changed file, so that only its content is wrong.
  void edit_tensors(const std::string& name, const std::function<void(std::vector<TensorView>&)>& edit) {
    const fs::path file = folder_ / name, changed = run_ / "changed";
    {
      const SafetensorsFile original(file);
      std::vector<TensorView> tensors = original.tensors();
      edit(tensors);
      write_safetensors(changed, tensors);
    }
    fs::rename(changed, file);
    write_state_file(folder_, saved_.state);
  }

  TempDir run_;
  ToyRun saved_;
  fs::path folder_;
};

std::vector<std::string> files_of(const fs::path& folder) {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path().lexically_relative(folder).string());
  }
  return files;
}

TensorView& find(std::vector<TensorView>& tensors, const std::string& name) {
  return *std::find_if(tensors.begin(), tensors.end(), [&](const TensorView& tensor) { return tensor.name == name; });
}

TEST_F(DamagedCheckpoint, AFlippedByteInAnyFileIsFound) {
  const auto files = files_of(folder_);
  EXPECT_EQ(files.size(), 8U);
  for (const std::string& file : files) {
    const std::string content = contents_of(folder_ / file);
    for (const std::size_t place : {std::size_t{0}, content.size() / 2, content.size() - 2}) {
      SCOPED_TRACE(file + " at byte " + std::to_string(place));
      std::string damaged = content;
      damaged[place] = static_cast<char>(damaged[place] ^ 0x04);
      write(file, damaged);
      expect_refused(ErrorKind::kInput, file);
    }
    write(file, content);
  }
}

TEST_F(DamagedCheckpoint, AFileCutShortIsFound) {
  for (const std::string& file : files_of(folder_)) {
    SCOPED_TRACE(file);
    const std::string content = contents_of(folder_ / file);
    for (const std::size_t size : {std::size_t{0}, content.size() / 2, content.size() - 3}) {
      write(file, content.substr(0, size));
      expect_refused(ErrorKind::kInput, file);
    }
    write(file, content);
  }
}

TEST_F(DamagedCheckpoint, AMissingFileIsFound) {
  for (const std::string& file : files_of(folder_)) {
    SCOPED_TRACE(file);
    const std::string content = contents_of(folder_ / file);
    fs::remove(folder_ / file);
    const bool is_state = file.ends_with("state.json");
    expect_refused(is_state ? ErrorKind::kUsage : ErrorKind::kInput, file);
    write(file, content);
  }
}

TEST_F(DamagedCheckpoint, AnUnknownVersionIsRefusedWithBothNumbers) {
  std::string content = contents_of(folder_ / "trainer/state.json");
  content.replace(content.find("\"format_version\": 1"), 19, "\"format_version\": 2");
  write("trainer/state.json", content);
  expect_refused(ErrorKind::kInput, "format version 2; this program reads version 1, a newer one is needed");
}

TEST_F(DamagedCheckpoint, AWrongShapeIsNamedWithBothShapes) {
  edit_tensors(kWeights, [](auto& t) { find(t, "bert.encoder.layer.1.output.dense.weight").shape = {22, 15}; });
  expect_refused(
      ErrorKind::kInput,
      "model.safetensors: tensor \"bert.encoder.layer.1.output.dense.weight\" has the shape [22, 15]; the model's "
      "configuration asks for [15, 22]");
}

TEST_F(DamagedCheckpoint, AWrongShapeOfAMomentIsNamed) {
  edit_tensors(kMoments, [](auto& t) { find(t, "exp_avg/cls.predictions.bias").shape = {9, 11}; });
  expect_refused(ErrorKind::kInput, "tensor \"exp_avg/cls.predictions.bias\" has the shape [9, 11]");
}

TEST_F(DamagedCheckpoint, SixteenBitWeightsAreNoStateToGoOnFrom) {
  const std::vector<std::uint16_t> bits(15, 0x3f80);
  edit_tensors(kWeights, [&](auto& t) {
    TensorView& tensor = find(t, "bert.pooler.dense.bias");
    tensor.dtype = DType::BF16;
    tensor.data = std::as_bytes(std::span(bits));
  });
  expect_refused(ErrorKind::kInput, "tensor \"bert.pooler.dense.bias\" is BF16; training goes on from F32 only");
}

TEST_F(DamagedCheckpoint, AMissingTensorIsNamed) {
  edit_tensors(kMoments, [](auto& tensors) { tensors.erase(tensors.begin() + 4); });
  expect_refused(ErrorKind::kInput, "optimizer.safetensors: there is no tensor \"exp_avg");
}

TEST_F(DamagedCheckpoint, ATensorTooManyIsFound) {
  edit_tensors(kMoments, [](auto& tensors) {
    tensors.push_back(tensors.front());
    tensors.back().name = "momentum/x";
  });
  expect_refused(ErrorKind::kInput, " tensors; this model has ");
}

TEST_F(DamagedCheckpoint, AConfigJsonOfAnotherModelIsNamedByItsField) {
  BertConfig lie = toy_config();
  lie.num_attention_heads = 5;  // Tensors of the same shapes.
  write_config_json(folder_ / "config.json", lie);
  write_state_file(folder_, saved_.state);
  expect_refused(ErrorKind::kUsage, "num_attention_heads is 5, not 3");
}

TEST_F(DamagedCheckpoint, AValueMissingFromTheStateIsNamed) {
  auto object = nlohmann::json::parse(contents_of(folder_ / "trainer/state.json"));
  object["state"]["progress"].erase("tokens");
  object["content_hash"] = content_hash(nlohmann::json{{"state", object["state"]}, {"files", object["files"]}}.dump());
  write("trainer/state.json", object.dump());
  expect_refused(ErrorKind::kInput, "there is no \"tokens\"");
}

TEST_F(DamagedCheckpoint, AnotherDatasetOrTokenizerIsRefused) {
  ToyRun other_data, other_tokenizer;
  other_data.state.dataset_hash = "d6";
  other_tokenizer.state.tokenizer_fingerprint = "f2";
  EXPECT_ERROR(load_checkpoint(folder_, other_data.parts(), other_data.state), ErrorKind::kUsage,
               "trained on another dataset (d5) than this run's (d6)");
  EXPECT_ERROR(load_checkpoint(folder_, other_tokenizer.parts(), other_tokenizer.state), ErrorKind::kUsage,
               "trained with another tokenizer (f1) than this run's (f2)");
}

TEST_F(DamagedCheckpoint, AModelWithoutTrainerStateIsRefusedWithTheReason) {
  fs::remove_all(folder_ / "trainer");
  expect_refused(ErrorKind::kUsage, "there is no trainer/state.json, so training cannot go on from it");
}

}  // namespace
}  // namespace bertforge
