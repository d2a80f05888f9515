#include "bertforge/base/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

#include "terminal.h"

namespace bertforge {
namespace {

struct LevelName {
  std::string_view name;
  LogLevel level;
  spdlog::level::level_enum spdlog_level;
};

constexpr std::array kLevels = {
    LevelName{"debug", LogLevel::kDebug, spdlog::level::debug},
    LevelName{"info", LogLevel::kInfo, spdlog::level::info},
    LevelName{"warning", LogLevel::kWarning, spdlog::level::warn},
    LevelName{"error", LogLevel::kError, spdlog::level::err},
    LevelName{"off", LogLevel::kOff, spdlog::level::off},
};

spdlog::level::level_enum spdlog_level(LogLevel level) { return kLevels[static_cast<std::size_t>(level)].spdlog_level; }

spdlog::color_mode wanted_color_mode() {
  const char* no_color = std::getenv("NO_COLOR");  // https://no-color.org: any value but the empty one.
  return no_color != nullptr && *no_color != '\0' ? spdlog::color_mode::never : spdlog::color_mode::automatic;
}

// Its first sink is standard error, the others are files. Guarded by terminal::output_mutex().
spdlog::logger& logger() {
  static spdlog::logger instance = [] {
    auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_st>(wanted_color_mode());
    sink->set_pattern("%H:%M:%S %^%-7l%$ %v");
    sink->set_level(spdlog::level::info);
    spdlog::logger made("bertforge", sink);
    made.set_level(spdlog::level::debug);
    made.flush_on(spdlog::level::debug);
    return made;
  }();
  return instance;
}

}  // namespace

LogLevel parse_log_level(std::string_view name) {
  for (const LevelName& level : kLevels) {
    if (level.name == name) return level.level;
  }
  fail(ErrorKind::kUsage, "\"", name, "\" is not a log level; it must be one of debug, info, warning, error, off");
}

std::vector<std::string> log_level_names() {
  std::vector<std::string> names;
  for (const LevelName& level : kLevels) names.emplace_back(level.name);
  return names;
}

void set_log_level(LogLevel level) {
  const std::lock_guard lock(terminal::output_mutex());
  logger().sinks().front()->set_level(spdlog_level(level));
}

void raise_log_level(LogLevel level) {
  const std::lock_guard lock(terminal::output_mutex());
  const auto& sink = logger().sinks().front();
  sink->set_level(std::max(sink->level(), spdlog_level(level)));
}

void add_log_file(const std::filesystem::path& path) {
  try {
    auto sink = std::make_shared<spdlog::sinks::basic_file_sink_st>(path.string());
    sink->set_pattern("%Y-%m-%d %H:%M:%S.%e %-7l %v");
    sink->set_level(spdlog::level::debug);
    const std::lock_guard lock(terminal::output_mutex());
    logger().sinks().push_back(std::move(sink));
  } catch (const spdlog::spdlog_ex& error) {
    fail(ErrorKind::kEnvironment, path.string(), ": the log cannot be written: ", error.what());
  }
}

void remove_log_files() {
  const std::lock_guard lock(terminal::output_mutex());
  logger().sinks().resize(1);
}

void log_message(LogLevel level, std::string_view message) {
  if (level == LogLevel::kOff) return;
  const std::lock_guard lock(terminal::output_mutex());
  if (logger().sinks().front()->should_log(spdlog_level(level))) terminal::clear_bar();
  logger().log(spdlog_level(level), spdlog::string_view_t(message.data(), message.size()));
}

}  // namespace bertforge
