#pragma once
// Numbers as text, in a form that comes back as the same number; independent of the locale.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bertforge {

// The whole of `text` as a number, or nothing. Underscores may stand between digits: "10_000".
// "-3", "+7"; not "1.5", "1e3", "abc", or beyond 64 bits.
std::optional<std::int64_t> parse_int64(std::string_view text);
// "-4,-3,0" as numbers; nothing where one of them is none.
std::optional<std::vector<std::int64_t>> parse_int64_list(std::string_view text);
// "0.1", "1e-4", "3", "inf", "nan"
std::optional<double> parse_double(std::string_view text);

// A short text that parse_double gives back as the same value: "0.1", "1e-6", "100000".
std::string number_text(double value);

}  // namespace bertforge
