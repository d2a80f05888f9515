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
int info(const Arguments& arguments) { return info_command(arguments, libtorch_facts()); }
#else
int info(const Arguments& arguments) {
  return info_command(arguments, {{"LibTorch", "none: this build has no pretrain and evaluate"}});
}
#endif

constexpr const char* kTrainingCommands[] = {"pretrain", "evaluate"};

std::string general_help() {
  std::string text =
      "Pre-trains BERT from raw text.\n\nusage: bertforge COMMAND ARGUMENTS...\n       bertforge COMMAND "
      "--help\n\ncommands:\n";
  for (const Command& command : commands()) {
    text += "  " + command.name + std::string(12 - command.name.size(), ' ') + command.help + "\n";
  }
  return text +
         "\nEvery command has --log-level, --quiet and --no-progress. Standard output carries data, standard error the "
         "log.\n"
         "Exit codes: 0 done, 1 internal, 2 usage or configuration, 3 content of an input, 4 diverged, 5 environment,\n"
         "129, 130 and 143 interrupted by SIGHUP, SIGINT and SIGTERM after saving.\n";
}

[[noreturn]] void refuse_command(const std::string& name) {
  if (std::find(std::begin(kTrainingCommands), std::end(kTrainingCommands), name) != std::end(kTrainingCommands)) {
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
      {"inspect", "what is in a dataset, tokenizer, checkpoint or run, with warnings", inspect_command},
#ifdef BERTFORGE_WITH_TORCH
      {"pretrain", "train a model, from raw text or a dataset, as a config file says", pretrain_command},
      {"evaluate", "a checkpoint's losses and accuracies on a dataset", evaluate_command},
#endif
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
