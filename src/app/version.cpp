#include "bertforge/app/version.h"

#include <unistd.h>

#include <fstream>
#include <thread>

#include "bertforge/base/error.h"
#include "revision.h"

namespace bertforge {
namespace {

std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

// Those that matter to training and to the tokenizer.
std::string cpu_features() {
  std::string features;
  const auto note = [&](bool has, const char* name) {
    if (has) features += (features.empty() ? "" : " ") + std::string(name);
  };
#if defined(__x86_64__)
  note(__builtin_cpu_supports("avx2"), "avx2");
  note(__builtin_cpu_supports("fma"), "fma");
  note(__builtin_cpu_supports("avx512f"), "avx512f");
  note(__builtin_cpu_supports("avx512vnni"), "avx512vnni");
  // g++ 12 has no name for these two.
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("flags")) continue;
    note(line.find(" avx512_bf16") != std::string::npos, "avx512_bf16");
    note(line.find(" amx_bf16") != std::string::npos, "amx_bf16");
    break;
  }
#endif
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
