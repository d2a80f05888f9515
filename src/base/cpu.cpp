#include "bertforge/base/cpu.h"

#include <fstream>

namespace bertforge {
namespace {

// What stands behind `key` in the part of the first processor; "" where there is no such line.
std::string cpuinfo(std::string_view key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line) && !line.empty();) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with(key) && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "";
}

}  // namespace

std::string cpu_name() {
  const std::string name = cpuinfo("model name");
  return name.empty() ? "unknown" : name;
}

bool cpu_has(std::string_view feature) {
  const std::string features = " " + cpuinfo("flags") + " ";
  return features.find(" " + std::string(feature) + " ") != std::string::npos;
}

}  // namespace bertforge
