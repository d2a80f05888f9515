// bertforge benchmark WHAT ...

#include <algorithm>

#include "benchmarks.h"
#include "bertforge/app/command_line.h"
#include "bertforge/base/error.h"
#include "bertforge/base/field_list.h"
#include "command_functions.h"

namespace bertforge {
namespace {

const std::vector<Command>& benchmarks() {
  static const std::vector<Command> table = {
      {"build", "reading, splitting, tokenizing and writing a corpus, and the examples drawn from it", benchmark_build},
      {"tokenize", "encoding speed of a tokenizer on the lines of a file", benchmark_tokenize},
#ifdef BERTFORGE_WITH_TORCH
      {"train", "training steps of a model of any shape, beside the plain path", benchmark_train},
#endif
  };
  return table;
}

std::string purpose() {
  std::string text =
      "Measures speed and prints one JSON object. What can be measured, each with options of its own (bertforge "
      "benchmark WHAT --help):";
  for (const Command& benchmark : benchmarks()) text += "\n  " + benchmark.name + ": " + benchmark.help;
  return text;
}

}  // namespace

int benchmark_command(const Arguments& arguments) {
  const std::string name = arguments.empty() ? "" : arguments.front();
  const auto found = std::ranges::find(benchmarks(), name, &Command::name);
  if (found != benchmarks().end()) return found->run(Arguments(arguments.begin() + 1, arguments.end()));
  std::string what = name;
  if (name.empty() || name.starts_with("-")) {
    CommandLine line("benchmark", purpose());
    line.argument("what", what, "What to measure");
    if (!line.parse(arguments)) return 0;
  }
  std::vector<std::string> names;
  for (const Command& benchmark : benchmarks()) names.push_back(benchmark.name);
  fail(ErrorKind::kUsage, "benchmark: nothing is measured under the name \"", what, "\"; ", allowed_names(what, names));
}

}  // namespace bertforge
