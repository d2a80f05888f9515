#pragma once
// What this program is: printed by --version and `info`, and kept in every run's run.json.

#include <string>
#include <utility>
#include <vector>

namespace bertforge {

const char* program_version();  // "0.1.0"
const char* git_revision();     // "0123456789ab", with "-dirty" where files were changed; "unknown" without git.
std::string version_line();     // "bertforge 0.1.0 (git 0123456789ab)"

// Names the facts of the machine: {"host", ...}, {"CPU", ...}.
std::vector<std::pair<std::string, std::string>> machine_facts();

}  // namespace bertforge
