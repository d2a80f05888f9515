#include "bertforge/app/version.h"

#include <unistd.h>

#include <thread>

#include "bertforge/base/cpu.h"
#include "bertforge/base/error.h"
#include "revision.h"

namespace bertforge {
namespace {

// Those that matter to training and to the tokenizer.
std::string cpu_features() {
  std::string features;
  for (const char* name : {"avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16"}) {
    if (cpu_has(name)) features += (features.empty() ? "" : " ") + std::string(name);
  }
  return features.empty() ? "none of those asked for" : features;
}

std::string host_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

}  // namespace

const char* program_version() { return BERTFORGE_VERSION; }
const char* git_revision() { return BERTFORGE_GIT_REVISION; }
std::string version_line() { return concat("bertforge ", program_version(), " (git ", git_revision(), ")"); }

std::vector<std::pair<std::string, std::string>> machine_facts() {
  return {{"host", host_name()},
          {"CPU", cpu_name()},
          {"CPU features", cpu_features()},
          {"CPU threads", std::to_string(std::thread::hardware_concurrency())}};
}

}  // namespace bertforge
