#pragma once
// What this machine's CPU can do, as the operating system lets programs use it.

#include <string>
#include <string_view>

namespace bertforge {

std::string cpu_name();  // "AMD EPYC 9V74"; "unknown" where the system does not say.

std::string cpu_vendor();  // "AuthenticAMD", "GenuineIntel"; "unknown" where the system does not say.

// Whether the CPU has a feature, under the name of /proc/cpuinfo: "avx2", "avx512_bf16", "amx_bf16".
bool cpu_has(std::string_view feature);

// Asks the system for the registers of AMX, which it gives to programs that ask; false where it does not. To be called
// before the program starts threads that use them.
bool request_amx();

}  // namespace bertforge
