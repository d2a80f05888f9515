// bertforge benchmark WHAT ...

#include <algorithm>
#include <iostream>

#include "benchmarks.h"
#include "bertforge/base/error.h"
#include "bertforge/base/field_list.h"
#include "command_functions.h"

namespace bertforge {
namespace {

const std::vector<Command>& benchmarks() {
  static const std::vector<Command> table = {
      {"tokenize", "encoding speed of a tokenizer on the lines of a file", benchmark_tokenize},
  };
  return table;
}

std::string help() {
  std::string text =
      "Measures speed; prints one JSON object.\n\nusage: bertforge benchmark WHAT ARGUMENTS...\n"
      "       bertforge benchmark WHAT --help\n\nbenchmarks:\n";
  for (const Command& benchmark : benchmarks()) {
    text += "  " + benchmark.name + std::string(15 - benchmark.name.size(), ' ') + benchmark.help + "\n";
  }
  return text;
}

}  // namespace

int benchmark_command(const Arguments& arguments) {
  const std::string name = arguments.empty() ? "--help" : arguments.front();
  if (name == "--help" || name == "-h") {
    std::cout << help();
    return arguments.empty() ? static_cast<int>(ErrorKind::kUsage) : 0;
  }
  const auto found = std::ranges::find(benchmarks(), name, &Command::name);
  if (found != benchmarks().end()) return found->run(Arguments(arguments.begin() + 1, arguments.end()));
  std::vector<std::string> names;
  for (const Command& benchmark : benchmarks()) names.push_back(benchmark.name);
  const std::string near = nearest_name(name, names);
  fail(ErrorKind::kUsage, "unknown benchmark ", name,
       near.empty() ? std::string("; see bertforge benchmark --help") : concat("; did you mean ", near, "?"));
}

}  // namespace bertforge
