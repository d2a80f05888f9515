#pragma once
// Standard error as a terminal, for tests of what is drawn there.

#include <poll.h>
#include <pty.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace bertforge::testing {

// While it lives, standard error is a pseudo-terminal of `width` columns, and TERM is xterm.
class FakeTerminal {
 public:
  explicit FakeTerminal(unsigned short width = 80) {
    const winsize size = {24, width, 0, 0};
    int terminal;
    if (openpty(&reader_, &terminal, nullptr, nullptr, &size) != 0) throw std::runtime_error("no pseudo-terminal");
    before_ = dup(STDERR_FILENO);
    dup2(terminal, STDERR_FILENO);
    close(terminal);
    setenv("TERM", "xterm", 1);
  }
  ~FakeTerminal() {
    dup2(before_, STDERR_FILENO);
    close(before_);
    close(reader_);
  }
  FakeTerminal(const FakeTerminal&) = delete;
  FakeTerminal& operator=(const FakeTerminal&) = delete;

  // What was written since the last call.
  std::string output() {
    std::string text;
    pollfd ready = {reader_, POLLIN, 0};
    char buffer[4096];
    while (poll(&ready, 1, 0) == 1 && (ready.revents & POLLIN) != 0) {
      const ssize_t size = read(reader_, buffer, sizeof buffer);
      if (size <= 0) break;
      text.append(buffer, static_cast<std::size_t>(size));
    }
    return text;
  }

 private:
  int reader_ = -1, before_ = -1;
};

}  // namespace bertforge::testing
