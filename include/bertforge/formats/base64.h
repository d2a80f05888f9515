#pragma once
// Base64 (RFC 4648, section 4), with padding: how JSON files carry bytes.

#include <string>
#include <string_view>

namespace bertforge {

std::string encode_base64(std::string_view bytes);

}  // namespace bertforge
