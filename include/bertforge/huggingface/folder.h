#pragma once
// A model folder in Hugging Face's BERT layout: config.json, model.safetensors and the tokenizer's files.
//
// Reads this project's own folders and other people's (BertForPreTraining, BertForMaskedLM, BertModel, and the encoder of any
// task model); what is written opens in transformers as BertForPreTraining with no missing and no unexpected keys.
// Fed by and feeds checkpoint/, inference/, finetune/, export/. Source: transformers 5.17, save_pretrained.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bertforge/model/bert.h"
#include "bertforge/model/parameters.h"
#include "bertforge/text/tokenizer.h"

namespace bertforge {

namespace model_files {
inline constexpr const char* kConfig = "config.json";
inline constexpr const char* kWeights = "model.safetensors";
}  // namespace model_files

struct LoadedModel {
  BertConfig config;
  BertForPreTraining model{nullptr};  // float32, on the CPU
  // Heads that the folder has not, with initial weights: "pooler", "masked_lm", "next_sentence". What needs one of them
  // refuses the model; pre-training goes on with it and calls warn_of_new_heads().
  std::vector<std::string> new_heads;

  bool has_head(std::string_view head) const;
};

// Heads that are missing are drawn from `seed`.
// Error(kUsage): no folder, or none with config.json and model.safetensors; the message says what to do about folders of
// PyTorch's and TensorFlow's own formats. Error(kInput) names file, tensor, what was found and what was expected.
LoadedModel load_model(const std::filesystem::path& folder, std::uint64_t seed = 42);

// One warning that names the heads that `folder` had no weights of.
void warn_of_new_heads(const LoadedModel& loaded, const std::filesystem::path& folder);

// The tokenizer of a model folder. Error(kInput) where it has ids that the model has no embedding for.
std::unique_ptr<Tokenizer> load_model_tokenizer(const std::filesystem::path& folder, const BertConfig& config);

// Writes the files of a model folder into `folder`, which exists and is staged by the caller (base/files.h, StagedFolder).
// The weights are the store's float32 masters, in mixed precision too. `max_length`: the longest sequence that the model was
// trained on, as the tokenizer states it.
void write_model(const std::filesystem::path& folder, const BertConfig& config, ParameterStore& store,
                 const Tokenizer& tokenizer, std::int64_t max_length);

}  // namespace bertforge
