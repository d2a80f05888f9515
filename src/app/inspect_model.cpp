// A checkpoint or any model folder in Hugging Face's layout, looked at without loading a model.

#include "bertforge/base/files.h"
#include "bertforge/checkpoint/paths.h"
#include "bertforge/formats/json.h"
#include "bertforge/formats/safetensors.h"
#include "bertforge/text/sentencepiece_tokenizer.h"
#include "bertforge/text/tokenizer_folder.h"
#include "inspect.h"

namespace bertforge {
namespace {

// What decides the model's shape; a config.json holds much besides.
constexpr const char* kShapeKeys[] = {
    "architectures",     "hidden_size", "num_hidden_layers", "num_attention_heads",
    "intermediate_size", "hidden_act",  "vocab_size",        "max_position_embeddings"};

Figures weight_figures(const std::filesystem::path& file) {
  const SafetensorsFile weights(file);
  std::int64_t num_parameters = 0;
  std::string_view dtype = "none";
  for (const TensorView& tensor : weights.tensors()) {
    if (tensor.dtype == DType::I64 || tensor.dtype == DType::I32) continue;  // Tables of positions: no parameters.
    num_parameters += tensor.num_elements();
    dtype = dtype_name(tensor.dtype);
  }
  return {{"tensors", weights.tensors().size()}, {"parameters", num_parameters}, {"dtype", dtype}};
}

}  // namespace

Figures model_figures(const std::filesystem::path& folder) {
  Figures figures;
  const auto config = read_json_object(folder / "config.json");
  for (const char* key : kShapeKeys) {
    if (config.contains(key)) figures["model"][key] = config[key];
  }
  Figures warnings = Figures::array();
  if (path_exists(folder / "model.safetensors")) {
    figures["weights"] = weight_figures(folder / "model.safetensors");
  } else {
    warnings.push_back("there is no model.safetensors");
  }
  if (path_exists(folder / "vocab.txt") || path_exists(folder / "tokenizer.json") ||
      path_exists(folder / kSentencePieceModelName)) {
    const auto tokenizer = load_tokenizer(folder);
    figures["tokenizer"] = {{"pieces", tokenizer->vocabulary_size()}, {"fingerprint", tokenizer->fingerprint()}};
    if (config.contains("vocab_size") && config["vocab_size"] != tokenizer->vocabulary_size()) {
      warnings.push_back("the vocabularies of model and tokenizer differ in size");
    }
  } else {
    warnings.push_back("there is no tokenizer");
  }
  const std::filesystem::path state_json = CheckpointPaths{folder}.state_json();
  if (path_exists(state_json)) {
    const auto state = read_json_file(state_json);
    figures["training"] = Figures::parse(get_object(state, "state", state_json.string()).dump());
  }
  if (!warnings.empty()) figures["warnings"] = warnings;
  return figures;
}

}  // namespace bertforge
