// bertforge inspect PATH [--json] [--show N]

#include <iostream>

#include "bertforge/app/common_options.h"
#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/checkpoint/paths.h"
#include "bertforge/data/token_store.h"
#include "bertforge/text/sentencepiece_tokenizer.h"
#include "command_functions.h"
#include "inspect.h"

namespace bertforge {
namespace {

bool has(const InspectOptions& options, const char* name) { return path_exists(options.path / name); }

struct Kind {
  const char* name;
  bool (*is)(const InspectOptions& options);
  void (*inspect)(const InspectOptions& options);
};

// The first that fits; a checkpoint has a tokenizer in it, and a run has checkpoints.
const Kind kKinds[] = {
    {"a dataset", [](const InspectOptions& options) { return has(options, dataset_files::kMeta); },
     inspect_dataset_folder},
    {"a checkpoint", [](const InspectOptions& options) { return has(options, "config.json"); },
     [](const InspectOptions& options) { print_figures(model_figures(options.path), options.as_json); }},
    {"a run", [](const InspectOptions& options) { return path_exists(RunPaths{options.path}.config_toml()); },
     [](const InspectOptions& options) { print_figures(run_figures(options.path), options.as_json); }},
    {"a tokenizer",
     [](const InspectOptions& options) {
       return file_exists(options.path) || has(options, "vocab.txt") || has(options, "tokenizer.json") ||
              has(options, kSentencePieceModelName);
     },
     inspect_tokenizer},
};

void print_text(const Figures& figures, const std::string& indent) {
  for (const auto& [name, value] : figures.items()) {
    if (value.is_object()) {
      std::cout << indent << name << '\n';
      print_text(value, indent + "  ");
      continue;
    }
    std::cout << indent << name << std::string(name.size() < 28 ? 28 - name.size() : 1, ' ')
              << (value.is_string() ? value.get<std::string>() : value.dump()) << '\n';
  }
}

}  // namespace

void print_figures(const Figures& figures, bool as_json) {
  if (as_json) {
    std::cout << figures.dump() << '\n';
  } else {
    print_text(figures, "");
  }
}

int inspect_command(const Arguments& arguments) {
  InspectOptions options;
  std::string path;
  auto seed = static_cast<std::int64_t>(options.loader.seed);
  CommandLine line("inspect", "Prints what is in a dataset, a tokenizer, a checkpoint or a run folder.");
  line.argument("path", path, "The folder, or a vocab.txt");
  add_json_flag(line, options.as_json);
  line.options().add("--show", options.num_examples, "Of a dataset: so many examples, decoded", {.min = 0});
  add_example_options(line, options.loader.pairing, options.loader.masking);
  line.options().add("--seed", seed, "Of a dataset: draws the examples", {.min = 0});
  line.repeatable("--text", options.text.files, "Of a tokenizer: text to measure it with");
  add_corpus_options(line, options.text);
  line.needs("--format", {"--text"});
  line.needs("--keep-unk", {"--text"});
  line.needs("--text-field", {"--text"});
  add_tokenizer_flags(line, options.flags);
  if (!line.parse(arguments)) return 0;
  options.loader.seed = static_cast<std::uint64_t>(seed);

  options.path = path;
  if (path.empty()) fail(ErrorKind::kUsage, "the name of the folder to inspect is empty");
  if (!path_exists(options.path)) fail(ErrorKind::kUsage, path, ": there is no such file or folder");
  for (const Kind& kind : kKinds) {
    if (!kind.is(options)) continue;
    if (!options.text.files.empty() && kind.inspect != inspect_tokenizer) {
      fail(ErrorKind::kUsage, "inspect: --text has no effect: ", path, " is ", kind.name, ", not a tokenizer");
    }
    if (options.flags != TokenizerOverrides() && kind.inspect != inspect_tokenizer) {
      fail(ErrorKind::kUsage, "inspect: a flag of tokenizers has no effect: ", path, " is ", kind.name);
    }
    kind.inspect(options);
    return 0;
  }
  fail(ErrorKind::kUsage, path, " is no dataset (meta.json), tokenizer (vocab.txt, tokenizer.json), checkpoint ",
       "(config.json) or run (config.toml)");
}

}  // namespace bertforge
