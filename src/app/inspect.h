#pragma once
// What `bertforge inspect` prints of each kind of folder.

#include <filesystem>
#include <nlohmann/json.hpp>

#include "bertforge/app/corpus.h"
#include "bertforge/data/batch_loader.h"
#include "bertforge/text/tokenizer_config.h"

namespace bertforge {

struct InspectOptions {
  std::filesystem::path path;
  bool as_json = false;
  std::int64_t num_examples = 0;  // Of a dataset: shown decoded.
  LoaderConfig loader;            // What its examples are made with.
  TokenizerOverrides flags;       // Of a tokenizer.
  CorpusFiles text;               // Of a tokenizer: what it is measured with; without files: nothing.
};

void inspect_dataset_folder(const InspectOptions& options);
void inspect_tokenizer(const InspectOptions& options);

using Figures = nlohmann::ordered_json;  // An object; members that are objects become sections of the text.
Figures model_figures(const std::filesystem::path& folder);
Figures run_figures(const std::filesystem::path& folder);

// One JSON object, or a line a figure.
void print_figures(const Figures& figures, bool as_json);

}  // namespace bertforge
