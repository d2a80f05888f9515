#pragma once
// Logging to standard error and, once a run has a folder, to its train.log as well. Standard output carries data only.
//
// Thread-safe. spdlog does the work, in src/base/log.cpp alone: its fmt clashes with LibTorch's.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "bertforge/base/error.h"

namespace bertforge {

enum class LogLevel { kDebug, kInfo, kWarning, kError, kOff };

// One of debug, info, warning, error, off; Error(kUsage) otherwise.
LogLevel parse_log_level(std::string_view name);
std::vector<std::string> log_level_names();

void set_log_level(LogLevel level);
// The same where it leaves out more than now.
void raise_log_level(LogLevel level);

// Appends every later message to `path` too, whatever the level of standard error. Error(kEnvironment) if it cannot be
// opened.
void add_log_file(const std::filesystem::path& path);

// Ends what add_log_file began: the next run of a sweep has a log of its own.
void remove_log_files();

void log_message(LogLevel level, std::string_view message);

template <class... Parts>
void log_debug(const Parts&... parts) {
  log_message(LogLevel::kDebug, concat(parts...));
}
template <class... Parts>
void log_info(const Parts&... parts) {
  log_message(LogLevel::kInfo, concat(parts...));
}
template <class... Parts>
void log_warning(const Parts&... parts) {
  log_message(LogLevel::kWarning, concat(parts...));
}

}  // namespace bertforge
