#include "bertforge/report/run_record.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/checkpoint/paths.h"
#include "bertforge/formats/json.h"

namespace bertforge {
namespace {

using nlohmann::json;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

RunSession read_session(const json& object, const std::string& where) {
  if (!object.is_object()) fail(ErrorKind::kInput, where, ": a session is no object");
  RunSession session;
  for (const auto& [name, value] : object.items()) {
    if (value.is_null()) continue;
    session.emplace_back(name, value.is_string() ? value.get<std::string>() : dump_json_line(value));
  }
  return session;
}

std::vector<RunSession> read_run_sessions(const std::filesystem::path& file) {
  std::vector<RunSession> sessions;
  if (!path_exists(file)) return sessions;
  const json run = read_json_object(file);
  const json& list = get_member(run, "sessions", file.string());
  if (!list.is_array()) fail(ErrorKind::kInput, file.string(), ": \"sessions\" is no list");
  for (const json& session : list) sessions.push_back(read_session(session, file.string()));
  return sessions;
}

// "quickstart" for "runs/quickstart/", and for "." in that folder.
std::string folder_name_of(const std::filesystem::path& folder) {
  std::error_code error;
  auto whole = std::filesystem::absolute(folder, error).lexically_normal();
  if (error) whole = folder;
  if (!whole.has_filename()) whole = whole.parent_path();
  return whole.has_filename() ? whole.filename().string() : folder.string();
}

}  // namespace

std::string session_fact(const RunSession& session, const std::string& name) {
  for (const auto& [key, value] : session) {
    if (key == name) return value;
  }
  return "";
}

std::vector<RunSetting> parse_run_settings(const std::string& text) {
  std::vector<RunSetting> settings;
  std::string section;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = trimmed(std::string_view(text).substr(begin, end - begin));
    begin = end + 1;
    const std::size_t equals = line.find('=');
    const bool is_key = !line.empty() && line.find_first_of("\"'[{,") >= equals;
    if (line.empty() || line.front() == '#') continue;
    if (line.front() == '[' && line.back() == ']' && line.find_first_of("\"',") == std::string_view::npos) {
      section = trimmed(line.substr(1, line.size() - 2));
    } else if (equals != std::string_view::npos && is_key) {
      settings.push_back(
          {section, std::string(trimmed(line.substr(0, equals))), std::string(trimmed(line.substr(equals + 1)))});
    } else if (!settings.empty()) {
      settings.back().value += concat("\n", line);
    }
  }
  return settings;
}

RunRecord read_run(const std::filesystem::path& folder) {
  RunRecord run{folder_name_of(folder), folder, read_run_metrics(folder), {}};
  const RunPaths paths{folder};
  if (path_exists(paths.config_toml())) run.settings = parse_run_settings(read_file(paths.config_toml()));
  return run;
}

FullRunRecord read_full_run(const std::filesystem::path& folder) {
  return {read_run(folder), read_run_sessions(RunPaths{folder}.run_json()), read_run_predictions(folder)};
}

}  // namespace bertforge
