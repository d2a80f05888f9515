// Folders of other people: other names, dtypes and heads, and what is wrong with them.

#include <torch/types.h>

#include <functional>

#include "bertforge/base/log.h"
#include "bertforge/formats/float_types.h"
#include "bertforge/formats/safetensors.h"
#include "bertforge/huggingface/config_json.h"
#include "bertforge/huggingface/folder.h"
#include "huggingface/toy_model.h"
#include "support/error_matchers.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

using testing::contents_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::have_equal_weights;
using testing::TempDir;
using testing::toy_config;
using testing::toy_model;
using testing::toy_tokenizer;

using Tensors = std::vector<TensorView>;

// A folder of the toy model whose tensors were changed by `edit`; `model` is what was saved.
class ForeignFolder {
 public:
  explicit ForeignFolder(const std::function<void(Tensors&)>& edit) {
    ParameterStore store(*model, torch::kCPU, Precision::kFloat32);
    std::filesystem::create_directory(folder_ / "original");
    write_model(folder_ / "original", model->config, store, *toy_tokenizer(), 13);
    write_config_json(folder_ / "config.json", model->config);
    const SafetensorsFile file(folder_ / "original/model.safetensors");
    Tensors tensors = file.tensors();
    edit(tensors);
    write_safetensors(folder_ / "model.safetensors", tensors);
    add_log_file(folder_ / "log");
  }
  ~ForeignFolder() { remove_log_files(); }

  const std::filesystem::path& path() const { return folder_.path(); }
  std::string log() const { return contents_of(folder_ / "log"); }
  void write_config(const BertConfig& config) const { write_config_json(folder_ / "config.json", config); }

  BertForPreTraining model = toy_model();

 private:
  TempDir folder_;
};

TensorView& find(Tensors& tensors, const std::string& name) {
  return *std::find_if(tensors.begin(), tensors.end(), [&](const TensorView& tensor) { return tensor.name == name; });
}

void erase_prefix(Tensors& tensors, const std::string& prefix) {
  std::erase_if(tensors, [&](const TensorView& tensor) { return tensor.name.starts_with(prefix); });
}

void replace_in_names(Tensors& tensors, const std::string& from, const std::string& to) {
  for (TensorView& tensor : tensors) {
    const auto place = tensor.name.find(from);
    if (place != std::string::npos) tensor.name.replace(place, from.size(), to);
  }
}

TEST(ForeignFolder, MayUseGammaAndBeta) {
  const ForeignFolder folder([](Tensors& tensors) {
    replace_in_names(tensors, "LayerNorm.weight", "LayerNorm.gamma");
    replace_in_names(tensors, "LayerNorm.bias", "LayerNorm.beta");
  });
  EXPECT_TRUE(have_equal_weights(load_model(folder.path()).model, folder.model));
  EXPECT_EQ(folder.log(), "");
}

TEST(ForeignFolder, MayBeABertModelWithoutHeadsAndPrefix) {
  const ForeignFolder folder([](Tensors& tensors) {
    erase_prefix(tensors, "cls.");
    replace_in_names(tensors, "bert.", "");
  });
  const LoadedModel loaded = load_model(folder.path());
  EXPECT_THAT(loaded.new_heads, ElementsAre("masked_lm", "next_sentence"));
  EXPECT_TRUE(have_equal_weights(loaded.model, folder.model, "cls."));
  warn_of_new_heads(loaded, folder.path());
  EXPECT_THAT(folder.log(), HasSubstr("no weights of masked_lm, next_sentence there"));
}

TEST(ForeignFolder, MissingHeadsAreDrawnFromTheSeed) {
  const ForeignFolder folder([](Tensors& tensors) { erase_prefix(tensors, "cls.seq_relationship."); });
  const auto weight = [&](std::uint64_t seed) {
    return load_model(folder.path(), seed).model->cls->seq_relationship->weight;
  };
  EXPECT_TRUE(torch::equal(weight(3), weight(3)));
  EXPECT_FALSE(torch::equal(weight(3), weight(4)));
  EXPECT_GT(weight(3).std().item<double>(), 0.005);
}

TEST(ForeignFolder, MayHoldTheTiedDecoderAndPositionIds) {
  const std::vector<std::int64_t> ids(17, 0);
  const ForeignFolder folder([&](Tensors& tensors) {
    TensorView decoder = find(tensors, "bert.embeddings.word_embeddings.weight");
    decoder.name = "cls.predictions.decoder.weight";
    TensorView bias = find(tensors, "cls.predictions.bias");
    bias.name = "cls.predictions.decoder.bias";
    tensors.push_back(decoder);
    tensors.push_back(bias);
    tensors.push_back({"bert.embeddings.position_ids", DType::I64, {1, 17}, std::as_bytes(std::span(ids))});
  });
  EXPECT_TRUE(have_equal_weights(load_model(folder.path()).model, folder.model));
  EXPECT_EQ(folder.log(), "");
}

TEST(ForeignFolder, MayNotUntieTheDecoder) {
  const std::vector<float> other(99 * 15, 0.5F);
  const ForeignFolder folder([&](Tensors& tensors) {
    tensors.push_back({"cls.predictions.decoder.weight", DType::F32, {99, 15}, std::as_bytes(std::span(other))});
  });
  EXPECT_ERROR(load_model(folder.path()), ErrorKind::kInput, "tied to its word embeddings");
}

TEST(ForeignFolder, MayHaveATaskHeadWhichIsNotRead) {
  const std::vector<float> weight(3 * 15, 0.5F);
  const ForeignFolder folder([&](Tensors& tensors) {
    tensors.push_back({"classifier.weight", DType::F32, {3, 15}, std::as_bytes(std::span(weight))});
  });
  EXPECT_TRUE(have_equal_weights(load_model(folder.path()).model, folder.model));
  EXPECT_THAT(folder.log(), HasSubstr("\"classifier.weight\" for one"));
}

// The query bias of layer 0 in 16 bits.
TEST(ForeignFolder, MayHoldSixteenBitNumbers) {
  const std::string name = "bert.encoder.layer.0.attention.self.query.bias";
  struct Case {
    DType dtype;
    std::uint16_t (*encode)(float);
    float (*decode)(std::uint16_t);
  };
  for (const Case& kind : {Case{DType::BF16, float_to_bfloat16, bfloat16_to_float},
                           Case{DType::F16, float_to_float16, float16_to_float}}) {
    std::vector<std::uint16_t> bits;
    for (int i = 0; i < 15; ++i) bits.push_back(kind.encode(0.1F * static_cast<float>(i - 7)));
    const ForeignFolder folder([&](Tensors& tensors) {
      find(tensors, name) = {name, kind.dtype, {15}, std::as_bytes(std::span(bits))};
    });
    const auto values = load_model(folder.path()).model->named_parameters()[name];
    for (std::size_t i = 0; i < bits.size(); ++i) {
      EXPECT_EQ(values[static_cast<std::int64_t>(i)].item<float>(), kind.decode(bits[i]));
    }
  }
}

struct BadTensors {
  const char* description;
  std::function<void(Tensors&)> edit;
  const char* message;
};

TEST(ForeignFolder, RefusesTensorsThatDoNotFitAndNamesThem) {
  const BadTensors cases[] = {
      {"a tensor of the encoder is missing",
       [](Tensors& t) { erase_prefix(t, "bert.encoder.layer.1.output.dense.bias"); },
       "there is no tensor \"bert.encoder.layer.1.output.dense.bias\""},
      {"half a head is missing", [](Tensors& t) { erase_prefix(t, "cls.predictions.bias"); },
       "there is no tensor \"cls.predictions.bias\""},
      {"swapped axes",
       [](Tensors& t) {
         find(t, "bert.encoder.layer.0.intermediate.dense.weight").shape = {15, 22};
       },
       "\"bert.encoder.layer.0.intermediate.dense.weight\" has the shape [15, 22]; the model's configuration asks for "
       "[22, 15]"},
      {"another rank",
       [](Tensors& t) {
         find(t, "cls.predictions.bias").shape = {99, 1};
       },
       "has the shape [99, 1]"},
      {"integers", [](Tensors& t) { find(t, "bert.pooler.dense.bias").dtype = DType::I32; },
       "\"bert.pooler.dense.bias\" is I32; F32, BF16 and F16 are supported"},
  };
  for (const auto& [description, edit, message] : cases) {
    SCOPED_TRACE(description);
    const ForeignFolder folder(edit);
    EXPECT_ERROR(load_model(folder.path()), ErrorKind::kInput, message);
    EXPECT_ERROR(load_model(folder.path()), ErrorKind::kInput, "model.safetensors");
  }
}

TEST(ForeignFolder, RefusesAConfigJsonThatLiesAboutTheWeights) {
  const ForeignFolder folder([](Tensors&) {});
  const auto refuses = [&](void (*lie)(BertConfig&), const char* message) {
    BertConfig config = toy_config();
    lie(config);
    folder.write_config(config);
    EXPECT_ERROR(load_model(folder.path()), ErrorKind::kInput, message);
  };
  refuses([](BertConfig& config) { config.vocab_size = 100; },
          "\"bert.embeddings.word_embeddings.weight\" has the shape [99, 15]");
  // Far beyond any memory: found wrong before a model is made.
  refuses([](BertConfig& config) { config.hidden_size = 3 << 18; }, "asks for [99, 786432]");
  refuses([](BertConfig& config) { config.num_hidden_layers = 3; }, "there is no tensor \"bert.encoder.layer.2.");
  refuses([](BertConfig& config) { config.num_hidden_layers = 1; }, "has no place in the model of config.json");
  refuses([](BertConfig& config) { config.max_position_embeddings = 16; },
          "position_embeddings.weight\" has the shape [17, 15]");
}

}  // namespace
}  // namespace bertforge
