#pragma once
// What the tests against recorded answers of the reference programs share.

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "bertforge/text/unicode.h"

namespace bertforge {

inline std::vector<nlohmann::json> read_json_lines(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<nlohmann::json> values;
  for (std::string line; std::getline(file, line);) values.push_back(nlohmann::json::parse(line));
  return values;
}

// The code points that a list of ranges, "2E43-2E4F" or "61D", names.
inline std::set<char32_t> code_points_in(const nlohmann::json& ranges) {
  std::set<char32_t> codes;
  for (const std::string range : ranges) {
    const std::size_t dash = range.find('-');
    const auto first = static_cast<char32_t>(std::stoul(range.substr(0, dash), nullptr, 16));
    const auto last =
        dash == std::string::npos ? first : static_cast<char32_t>(std::stoul(range.substr(dash + 1), nullptr, 16));
    for (char32_t code = first; code <= last; ++code) codes.insert(code);
  }
  return codes;
}

inline bool is_surrogate(char32_t code) { return code >= 0xD800 && code <= 0xDFFF; }

inline std::string utf8(std::u32string_view codes) {
  std::string text;
  for (const char32_t code : codes) append_utf8(text, code);
  return text;
}

inline std::string between_a_and_b(char32_t code) { return utf8(std::u32string{U'a', code, U'b'}); }

}  // namespace bertforge
