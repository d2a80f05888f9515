#pragma once
// From what a config names to what training reads: the tokenizer and the datasets, made once and kept by content.
//
// Fed by run_config.h; feeds pretrain.h. A vocabulary or dataset is made again where its input files, or a setting
// that decides it, changed; otherwise the one in run.prepared is taken.

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "bertforge/app/run_config.h"
#include "bertforge/data/token_store.h"
#include "bertforge/text/tokenizer.h"

namespace bertforge {

struct PreparedData {
  std::unique_ptr<Tokenizer> tokenizer;
  std::optional<TokenStore> train, valid;   // valid: where the config names one.
  std::vector<std::filesystem::path> made;  // What was not there before.
};

PreparedData prepare_data(const RunConfig& config);

// Where vocabularies and datasets of this run are kept.
std::filesystem::path prepared_folder(const RunConfig& config);

}  // namespace bertforge
