// bertforge inspect PATH [--json] [--show N] [--text FILE]

#include <algorithm>
#include <iostream>
#include <span>

#include "bertforge/app/common_options.h"
#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/checkpoint/paths.h"
#include "bertforge/data/token_store.h"
#include "bertforge/formats/json.h"
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
     inspect_run},
    {"a tokenizer",
     [](const InspectOptions& options) {
       return file_exists(options.path) || has(options, "vocab.txt") || has(options, "tokenizer.json") ||
              has(options, kSentencePieceModelName);
     },
     inspect_tokenizer},
};

// Those that have no effect on anything but a dataset, and anything but a tokenizer.
constexpr const char* kDatasetOptions[] = {"--show", "--max-seq-length", "--pairing", "--masking", "--seed"};
constexpr const char* kTokenizerOptions[] = {
    "--text",  "--compat",           "--lowercase",     "--strip-accents",  "--split-cjk",           "--clean-text",
    "--split", "--suffix-indicator", "--unknown-token", "--max-word-chars", "--extra-special-tokens"};

void refuse_options_of_others(const CommandLine& line, const Kind& kind, const InspectOptions& options) {
  const std::string path = options.path.string();
  const auto refuse = [&](std::span<const char* const> theirs, const char* whose) {
    const auto given = std::ranges::find_if(theirs, [&](const char* option) { return line.is_given(option); });
    if (given == theirs.end()) return;
    fail(ErrorKind::kUsage, "inspect: ", *given, " has no effect: ", path, " is ", kind.name, ", not ", whose);
  };
  if (kind.inspect != inspect_dataset_folder) refuse(kDatasetOptions, "a dataset");
  if (kind.inspect == inspect_tokenizer) return;
  refuse(kTokenizerOptions, "a tokenizer");
  BERTFORGE_CHECK(options.flags == TokenizerOverrides(), "a flag of tokenizers is missing in kTokenizerOptions");
}

// What stands in a file must not move a terminal's cursor.
std::string printable(std::string text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    const bool is_c1 = byte == 0xC2 && next >= 0x80 && next < 0xA0;  // U+0080 to U+009F, in UTF-8
    if (is_c1) text[i + 1] = ' ';
    if (is_c1 || byte < 0x20 || byte == 0x7F) text[i] = ' ';
  }
  return text;
}

void print_text(const Figures& figures, const std::string& indent) {
  for (const auto& [name, value] : figures.items()) {
    if (value.is_object()) {
      std::cout << indent << printable(name) << '\n';
      print_text(value, indent + "  ");
      continue;
    }
    std::cout << indent << printable(name) << std::string(name.size() < 28 ? 28 - name.size() : 1, ' ')
              << printable(value.is_string() ? value.get<std::string>() : dump_ordered_json_line(value)) << '\n';
  }
}

}  // namespace

void print_figures(const Figures& figures, bool as_json) {
  if (as_json) {
    std::cout << dump_ordered_json_line(figures) << '\n';
  } else {
    print_text(figures, "");
  }
}

int inspect_command(const Arguments& arguments, Facts (*read_settings)(const std::filesystem::path& run_folder)) {
  InspectOptions options;
  options.read_settings = read_settings;
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
  line.needs("--undo-joins", {"--text"});
  add_tokenizer_flags(line, options.flags);
  if (!line.parse(arguments)) return 0;
  options.loader.seed = static_cast<std::uint64_t>(seed);

  options.path = path;
  if (path.empty()) fail(ErrorKind::kUsage, "the name of the folder to inspect is empty");
  if (!path_exists(options.path)) fail(ErrorKind::kUsage, path, ": there is no such file or folder");
  for (const Kind& kind : kKinds) {
    if (!kind.is(options)) continue;
    refuse_options_of_others(line, kind, options);
    kind.inspect(options);
    return 0;
  }
  fail(ErrorKind::kUsage, path, " is no dataset (meta.json), tokenizer (vocab.txt, tokenizer.json), checkpoint ",
       "(config.json) or run (config.toml)");
}

}  // namespace bertforge
