#pragma once
// A short name for a setting, for the commands whose settings are a config's.

#include <string>
#include <vector>

#include "bertforge/app/command_line.h"
#include "bertforge/app/config_layers.h"

namespace bertforge {

// `overrides` outlives the parsing of `line`.
inline void add_shorthand(CLI::App& line, const std::string& option, const std::string& path,
                          std::vector<Override>& overrides) {
  line.add_option_function<std::string>(
      option,
      [&overrides, path](const std::string& value) {
        overrides.push_back({path, value});
      },
      "Short for --" + path);
}

}  // namespace bertforge
