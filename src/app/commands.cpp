#include <algorithm>
#include <iostream>

#include "bertforge/app/program.h"
#include "bertforge/app/version.h"
#include "bertforge/base/error.h"
#include "bertforge/base/field_list.h"
#include "command_functions.h"

namespace bertforge {
namespace {

#ifdef BERTFORGE_WITH_TORCH
int inspect(const Arguments& arguments) { return inspect_command(arguments, changed_settings); }
int info(const Arguments& arguments) { return info_command(arguments, libtorch_facts()); }
#else
int inspect(const Arguments& arguments) { return inspect_command(arguments, nullptr); }
int info(const Arguments& arguments) {
  return info_command(arguments, {{"LibTorch", "none: this build has no commands that train or ask a model"}});
}
#endif

// Those that a build without LibTorch has not.
constexpr const char* kModelCommands[] = {"pretrain", "sweep",      "evaluate",  "report",       "compare",
                                          "embed",    "similarity", "fill-mask", "next-sentence"};

std::string general_help() {
  std::string text =
      "Pre-trains BERT from raw text.\n\nusage: bertforge COMMAND ARGUMENTS...\n       bertforge COMMAND "
      "--help\n\ncommands:\n";
  for (const Command& command : commands()) {
    text += "  " + command.name + std::string(15 - command.name.size(), ' ') + command.help + "\n";
  }
  return text +
         "\nEvery command has --help, --log-level, --quiet and --no-progress. Standard output carries data, standard "
         "error the "
         "log.\n"
         "Exit codes: 0 done, 1 internal, 2 usage or configuration, 3 content of an input, 4 diverged, 5 environment,\n"
         "129, 130 and 143 interrupted by SIGHUP, SIGINT and SIGTERM.\n";
}

[[noreturn]] void refuse_command(const std::string& name) {
  if (std::find(std::begin(kModelCommands), std::end(kModelCommands), name) != std::end(kModelCommands)) {
    fail(ErrorKind::kUsage, "this build has no LibTorch and so no command ", name,
         "; cmake --preset release makes one that has");
  }
  std::vector<std::string> names;
  for (const Command& command : commands()) names.push_back(command.name);
  const std::string near = nearest_name(name, names);
  fail(ErrorKind::kUsage, "unknown command ", name,
       near.empty() ? std::string("; see bertforge --help") : concat("; did you mean ", near, "?"));
}

}  // namespace

std::span<const Command> commands() {
  static const std::vector<Command> table = {
      {"vocab", "learn a vocabulary from text: a tokenizer folder", vocab_command},
      {"tokenize", "text to ids, pieces or offsets, a line for every line", tokenize_command},
      {"detokenize", "lines of ids back to text", detokenize_command},
      {"build", "text to a dataset: token ids, sentences, documents", build_command},
      {"inspect", "what is in a dataset, tokenizer, checkpoint or run, with warnings", inspect},
#ifdef BERTFORGE_WITH_TORCH
      {"pretrain", "train a model, from raw text or a dataset, as a config file says", pretrain_command},
      {"sweep", "train several runs that a sweep file lists, one after the other", sweep_command},
      {"evaluate", "a checkpoint's losses and accuracies on held-out text", evaluate_command},
      {"report", "a run's curves, settings and machine on one HTML page", report_command},
      {"compare", "several runs side by side: a table, and a page with their curves", compare_command},
      {"embed", "texts to vectors: of any layers, for texts, words or tokens", embed_command},
      {"similarity", "how similar texts are, or words of a text", similarity_command},
      {"fill-mask", "the likeliest words where a text has [MASK]", fill_mask_command},
      {"next-sentence", "the probability that one text follows another", next_sentence_command},
#endif
      {"benchmark", "how fast this machine is: encoding, building, training, as one JSON object", benchmark_command},
      {"completion", "a script that completes commands and options in bash, zsh or fish", completion_command},
      {"info", "versions, CPU features, devices, what this build can do", info},
  };
  return table;
}

int run_program(const Arguments& arguments) {
  const std::string name = arguments.empty() ? "--help" : arguments.front();
  if (name == "--help" || name == "-h" || name == "help") {
    std::cout << general_help();
    return arguments.empty() ? static_cast<int>(ErrorKind::kUsage) : 0;
  }
  if (name == "--list-commands") {  // For the scripts of `bertforge completion`.
    for (const Command& command : commands()) std::cout << command.name << '\t' << command.help << '\n';
    return 0;
  }
  if (name == "--version") {
    std::cout << version_line() << '\n';
    return 0;
  }
  for (const Command& command : commands()) {
    if (command.name == name) return command.run(Arguments(arguments.begin() + 1, arguments.end()));
  }
  refuse_command(name);
}

}  // namespace bertforge
