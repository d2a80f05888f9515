#include "bertforge/huggingface/folder.h"

#include <torch/types.h>

#include "bertforge/formats/safetensors.h"
#include "bertforge/text/tokenizer_folder.h"
#include "huggingface/toy_model.h"
#include "support/error_matchers.h"
#include "support/shared_path.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

using testing::contents_of;
using testing::have_equal_weights;
using testing::TempDir;
using testing::toy_config;
using testing::toy_model;
using testing::toy_tokenizer;

void write_toy_folder(const std::filesystem::path& folder, BertForPreTraining model) {
  ParameterStore store(*model, torch::kCPU, Precision::kFloat32);
  write_model(folder, model->config, store, *toy_tokenizer(), 13);
}

TEST(ModelFolder, ComesBackBitForBit) {
  const TempDir folder;
  const auto model = toy_model();
  write_toy_folder(folder.path(), model);
  const LoadedModel loaded = load_model(folder.path());
  EXPECT_EQ(loaded.config, toy_config());
  EXPECT_TRUE(loaded.new_heads.empty());
  EXPECT_TRUE(have_equal_weights(loaded.model, model));
}

TEST(ModelFolder, WrittenAgainHasTheSameBytes) {
  const TempDir first, second;
  write_toy_folder(first.path(), toy_model());
  write_toy_folder(second.path(), load_model(first.path()).model);
  for (const char* file :
       {"config.json", "model.safetensors", "vocab.txt", "tokenizer.json", "tokenizer_config.json"}) {
    EXPECT_FALSE(contents_of(first / file).empty()) << file;
    EXPECT_EQ(contents_of(first / file), contents_of(second / file)) << file;
  }
}

TEST(ModelFolder, HoldsTheFloat32MastersInMixedPrecision) {
  const TempDir folder;
  auto model = toy_model(), original = toy_model();
  ParameterStore store(*model, torch::kCPU, Precision::kBfloat16);
  write_model(folder.path(), model->config, store, *toy_tokenizer(), 13);
  EXPECT_TRUE(have_equal_weights(load_model(folder.path()).model, original));
}

TEST(ModelFolder, HoldsEveryTensorOnceAndSaysThatPyTorchCanReadIt) {
  const TempDir folder;
  write_toy_folder(folder.path(), toy_model());
  const SafetensorsFile file(folder / "model.safetensors");
  EXPECT_EQ(file.metadata().at("format"), "pt");
  EXPECT_EQ(file.tensors().size(), toy_model()->named_parameters().size());
  EXPECT_EQ(file.find("cls.predictions.decoder.weight"), nullptr);
}

TEST(ModelFolder, CarriesItsTokenizer) {
  const TempDir folder;
  write_toy_folder(folder.path(), toy_model());
  const auto tokenizer = load_model_tokenizer(folder.path(), toy_config());
  EXPECT_EQ(tokenizer->fingerprint(), toy_tokenizer()->fingerprint());
  EXPECT_NE(contents_of(folder / "tokenizer_config.json").find("\"model_max_length\": 13"), std::string::npos);
}

TEST(ModelFolder, RefusesATokenizerWithMorePiecesThanEmbeddings) {
  const TempDir folder;
  write_toy_folder(folder.path(), toy_model());
  BertConfig smaller = toy_config();
  smaller.vocab_size = 98;
  EXPECT_ERROR(load_model_tokenizer(folder.path(), smaller), ErrorKind::kInput,
               "99 pieces and config.json a vocab_size of 98");
}

TEST(ModelFolder, HoldsTheTensorsOfTheOracle) {
  BERTFORGE_REQUIRE_SHARED(oracle, "oracle/model/tiny/checkpoint");
  const LoadedModel loaded = load_model(oracle);
  const SafetensorsFile file(oracle / "model.safetensors");
  ASSERT_EQ(file.tensors().size(), loaded.model->named_parameters().size());
  for (const auto& item : loaded.model->named_parameters()) {
    const TensorView& tensor = file.get(item.key());
    ASSERT_EQ(tensor.data.size(), item.value().nbytes()) << item.key();
    EXPECT_EQ(std::memcmp(tensor.data.data(), item.value().const_data_ptr(), tensor.data.size()), 0) << item.key();
  }
}

TEST(ModelFolder, SaysWhatToDoWithOtherFormats) {
  const TempDir folder;
  EXPECT_ERROR(load_model(folder / "none"), ErrorKind::kUsage, "there is no such folder");
  EXPECT_ERROR(load_model(folder.path()), ErrorKind::kUsage, "there is no config.json");
  folder.write("config.json", "{}");
  EXPECT_ERROR(load_model(folder.path()), ErrorKind::kUsage, "there is no model.safetensors");
  folder.write("bert_model.ckpt.index", "");
  EXPECT_ERROR(load_model(folder.path()), ErrorKind::kUsage, "convert_bert_original_tf_checkpoint");
  folder.write("pytorch_model.bin", "");
  EXPECT_ERROR(load_model(folder.path()), ErrorKind::kUsage, "save_pretrained(NEW) makes model.safetensors");
}

}  // namespace
}  // namespace bertforge
