#pragma once
// What this machine's CPU can do, as the operating system lets programs use it.

#include <string>
#include <string_view>

namespace bertforge {

std::string cpu_name();  // "AMD EPYC 9V74"; "unknown" where the system does not say.

// Whether the CPU has a feature, under the name of /proc/cpuinfo: "avx2", "avx512_bf16", "amx_bf16".
bool cpu_has(std::string_view feature);

}  // namespace bertforge
