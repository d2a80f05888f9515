// bertforge info [--json]

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "bertforge/app/common_options.h"
#include "bertforge/app/version.h"
#include "command_functions.h"

namespace bertforge {

int info_command(const Arguments& arguments, const Facts& libtorch) {
  bool as_json = false;
  CommandLine line("info", "Says what this build is and what the machine has.");
  add_json_flag(line, as_json);
  if (!line.parse(arguments)) return 0;

  Facts facts = {{"bertforge", program_version()}, {"git revision", git_revision()}, {"compiler", "g++ " __VERSION__}};
  for (const Facts& more : {libtorch, Facts(machine_facts())}) facts.insert(facts.end(), more.begin(), more.end());

  if (as_json) {
    nlohmann::ordered_json object;
    for (const auto& [name, value] : facts) object[name] = value;
    std::cout << object.dump() << '\n';
    return 0;
  }
  std::size_t width = 0;
  for (const auto& fact : facts) width = std::max(width, fact.first.size());
  for (const auto& [name, value] : facts)
    std::cout << name << std::string(width - name.size() + 2, ' ') << value << '\n';
  return 0;
}

}  // namespace bertforge
