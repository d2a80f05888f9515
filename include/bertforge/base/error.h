#pragma once
// The one exception of the program. Its kind is the exit code; only main catches it.
//
// A message is one line: where, what was found, what would be right.

#include <sstream>
#include <stdexcept>
#include <string>

namespace bertforge {

// NOTE: the values are the documented exit codes (docs/exit_codes.md); do not change them.
enum class ErrorKind : int {
  kInternal = 1,     // A broken invariant of ours.
  kUsage = 2,        // Command line or configuration; a path that is missing or of the wrong kind.
  kInput = 3,        // Content of an input file.
  kDiverged = 4,     // Training met a loss or gradient that is not finite.
  kEnvironment = 5,  // Disk, lock, memory, a lost process.
};

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

// The parts written one after the other, as operator<< writes them.
template <class... Parts>
std::string concat(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  return std::move(text).str();
}

// Of a message of another library's, which may have a stack of calls under it.
inline std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

template <class... Parts>
[[noreturn]] void fail(ErrorKind kind, const Parts&... parts) {
  throw Error(kind, concat(parts...));
}

namespace error_detail {
[[noreturn]] void fail_check(const char* condition, const char* file, int line, const std::string& message);
}

}  // namespace bertforge

// An invariant of the program itself, checked in every build; user input is checked with fail().
#define BERTFORGE_CHECK(condition, ...)                                                          \
  do {                                                                                           \
    if (!(condition)) [[unlikely]]                                                               \
      ::bertforge::error_detail::fail_check(#condition, __FILE__, __LINE__,                      \
                                            ::bertforge::concat("" __VA_OPT__(, ) __VA_ARGS__)); \
  } while (false)
