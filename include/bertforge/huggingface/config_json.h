#pragma once
// config.json of a model folder, as Hugging Face's BertConfig writes it, and BertConfig.
//
// Fed by folders of other people, believed only after every value was checked; feeds folder.h and checkpoint/.
// Source: transformers 5.17, BertConfig; transformers 4.46 for the keys that 5.17 has dropped.

#include <filesystem>
#include <optional>
#include <string>

#include "bertforge/model/config.h"

namespace bertforge {

// What is not named in the file has transformers' default; keys that say nothing about the computation are passed over.
// Error(kInput), in one line with file and key: a value of the wrong type or out of bounds, an activation that is not known,
// and what this encoder does not compute (a decoder, relative positions, models other than BERT).
BertConfig read_config_json(const std::filesystem::path& file);

// The same, as transformers 5.17 and 4.46 read it: architectures ["BertForPreTraining"], float32.
void write_config_json(const std::filesystem::path& file, const BertConfig& config);

// The first field that makes two models compute differently, in words: "hidden_size is 128, not 256". Nothing where weights of
// one serve the other; dropout and initializer_range matter to training only and may differ.
std::optional<std::string> architecture_difference(const BertConfig& found, const BertConfig& expected);

}  // namespace bertforge
