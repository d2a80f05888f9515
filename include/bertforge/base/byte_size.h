#pragma once
// An amount of memory with its unit: "512 MB", "2GB", "1.5 GiB".

#include <cstdint>
#include <string_view>

namespace bertforge {

// In bytes. Units: B, kB, MB, GB, TB (powers of 1000) and KiB, MiB, GiB, TiB (of 1024); the space is optional.
// Error(kUsage) where there is no positive number or no such unit, or where it is more than 64 bits hold.
std::int64_t parse_byte_size(std::string_view text);

}  // namespace bertforge
