#pragma once
// What `bertforge inspect` prints of each kind of folder.

#include <filesystem>
#include <nlohmann/json.hpp>

#include "bertforge/app/corpus.h"
#include "bertforge/data/batch_loader.h"
#include "bertforge/text/tokenizer_config.h"
#include "command_functions.h"

namespace bertforge {

struct InspectOptions {
  std::filesystem::path path;
  bool as_json = false;
  std::int64_t num_examples = 0;  // Of a dataset: shown decoded.
  LoaderConfig loader;            // What its examples are made with.
  TokenizerOverrides flags;       // Of a tokenizer.
  CorpusFiles text;               // Of a tokenizer: what it is measured with; without files: nothing.
  Facts (*read_settings)(const std::filesystem::path& run_folder) = nullptr;  // Of a run: inspect_command()'s.
};

void inspect_dataset_folder(const InspectOptions& options);
void inspect_tokenizer(const InspectOptions& options);
void inspect_run(const InspectOptions& options);

using Figures = nlohmann::ordered_json;  // An object; members that are objects become sections of the text.
Figures model_figures(const std::filesystem::path& folder);

// One JSON object, or a line a figure.
void print_figures(const Figures& figures, bool as_json);

}  // namespace bertforge
