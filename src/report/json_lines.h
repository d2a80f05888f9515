#pragma once
// The lines of metrics.jsonl and predictions.jsonl.

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/formats/json.h"

namespace bertforge {

// Calls `on_line(json, "FILE:LINE")` for each. A last line that a crash cut short is passed over; Error(kInput) where another one is
// no JSON.
template <class OnLine>
void for_each_json_line(const std::filesystem::path& file, OnLine on_line) {
  const std::string content = read_file(file);
  std::int64_t number = 0;
  for (std::size_t begin = 0; begin < content.size();) {
    const std::size_t end = std::min(content.find('\n', begin), content.size());
    const std::string_view line = std::string_view(content).substr(begin, end - begin);
    const std::string where = concat(file.string(), ":", ++number);
    const bool is_cut_short = end == content.size() && !nlohmann::json::accept(line);
    if (!is_cut_short) on_line(parse_json(line, where), where);
    begin = end + 1;
  }
}

}  // namespace bertforge
