#include "bertforge/base/streams.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "system_calls.h"

namespace bertforge {
namespace {

// Whether a pipe or a terminal is ready for `events`; files always are. `timeout`: milliseconds, -1 to wait for it.
bool is_ready(int descriptor, short events, int timeout) {
  pollfd asked{.fd = descriptor, .events = events, .revents = 0};
  return poll(&asked, 1, timeout) != 0;  // The end and errors count: read() and write() tell them.
}

// After a failed call: true where it is to be tried again. Whoever shares a pipe with us may have made it one that does
// not wait; then we do.
bool try_again(int descriptor, short events) {
  if (errno == EAGAIN || errno == EWOULDBLOCK) return is_ready(descriptor, events, -1);
  return errno == EINTR;
}

int open_input(const std::string& path) {
  if (path == "-") return STDIN_FILENO;
  require_file(path);
  return system_calls::open_or_fail(path, O_RDONLY, "cannot be read");
}

}  // namespace

std::string input_name(const std::string& path) { return path == "-" ? "standard input" : path; }

InputStream::InputStream(const std::string& path, ByteRange range)
    : name_(input_name(path)), descriptor_(open_input(path)), num_left_(range.end - range.begin) {
  if (range.begin == 0) return;
  name_ += concat(" from byte ", range.begin);
  if (lseek(descriptor_, static_cast<off_t>(range.begin), SEEK_SET) < 0) {
    close(descriptor_);
    system_calls::fail_errno(name_, "cannot be read");
  }
}

InputStream::~InputStream() {
  if (descriptor_ != STDIN_FILENO) close(descriptor_);
}

std::size_t InputStream::read(char* data, std::size_t room) {
  room = std::min<std::uint64_t>(room, num_left_);
  if (room == 0) return 0;
  while (true) {
    const ssize_t num_read = ::read(descriptor_, data, room);
    if (num_read >= 0) {
      num_left_ -= static_cast<std::uint64_t>(num_read);
      return static_cast<std::size_t>(num_read);
    }
    if (!try_again(descriptor_, POLLIN)) system_calls::fail_errno(name_, "cannot be read");
  }
}

bool InputStream::has_more() const { return is_ready(descriptor_, POLLIN, 0); }

void write_standard_output(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t num_written = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (num_written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(num_written));
    } else if (!try_again(STDOUT_FILENO, POLLOUT)) {
      system_calls::fail_errno("standard output", "cannot be written");
    }
  }
}

}  // namespace bertforge
