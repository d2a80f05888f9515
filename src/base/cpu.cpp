#include "bertforge/base/cpu.h"

#include <fstream>

#ifdef __x86_64__
#include <sys/syscall.h>
#include <unistd.h>
#endif

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

std::string cpu_vendor() {
  const std::string vendor = cpuinfo("vendor_id");
  return vendor.empty() ? "unknown" : vendor;
}

bool cpu_has(std::string_view feature) {
  const std::string features = " " + cpuinfo("flags") + " ";
  return features.find(" " + std::string(feature) + " ") != std::string::npos;
}

bool request_amx() {
#ifdef __x86_64__
  constexpr int kRequestPermission = 0x1023, kTileData = 18;  // asm/prctl.h: ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  static const bool is_granted = ::syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
  return is_granted;
#else
  return false;
#endif
}

}  // namespace bertforge
