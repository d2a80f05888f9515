#include "system_calls.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "bertforge/base/error.h"

namespace bertforge::system_calls {

void fail_errno(const std::filesystem::path& path, const char* deed) { fail_error(path, deed, errno); }

void fail_error(const std::filesystem::path& path, const char* deed, int number) {
  const bool usage =
      number == ENOENT || number == ENOTDIR || number == EISDIR || number == ENAMETOOLONG || number == ELOOP;
  fail(usage ? ErrorKind::kUsage : ErrorKind::kEnvironment, path.string(), " ", deed, ": ", std::strerror(number));
}

int open_or_fail(const std::filesystem::path& path, int flags, const char* deed) {
  int descriptor;
  do {
    descriptor = open(path.c_str(), flags | O_CLOEXEC, 0666);
  } while (descriptor < 0 && errno == EINTR);
  if (descriptor < 0) fail_errno(path, deed);
  return descriptor;
}

void write_all(int descriptor, const void* data, std::size_t num_bytes, const std::filesystem::path& path) {
  const char* next = static_cast<const char*>(data);
  while (num_bytes > 0) {
    const ssize_t written = write(descriptor, next, num_bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_errno(path, "cannot be written");
    next += written;
    num_bytes -= static_cast<std::size_t>(written);
  }
}

void write_all_at(int descriptor, const void* data, std::size_t num_bytes, std::uint64_t offset,
                  const std::filesystem::path& path) {
  const char* next = static_cast<const char*>(data);
  while (num_bytes > 0) {
    const ssize_t written = pwrite(descriptor, next, num_bytes, static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_errno(path, "cannot be written");
    next += written;
    offset += static_cast<std::uint64_t>(written);
    num_bytes -= static_cast<std::size_t>(written);
  }
}

void flush_to_disk(int descriptor, const std::filesystem::path& path) {
  int status;
  do {
    status = fsync(descriptor);
  } while (status != 0 && errno == EINTR);
  // Pipes and devices have no disk to be flushed to.
  if (status != 0 && errno != EINVAL && errno != EROFS) fail_errno(path, "cannot be flushed to disk");
}

void close_or_fail(int& descriptor, const std::filesystem::path& path) {
  const int closing = descriptor;
  descriptor = -1;
  if (close(closing) != 0 && errno != EINTR) fail_errno(path, "cannot be closed");
}

void flush_path(const std::filesystem::path& path) {
  int descriptor = open_or_fail(path, O_RDONLY, "cannot be flushed to disk");
  try {
    flush_to_disk(descriptor, path);
  } catch (...) {
    close(descriptor);
    throw;
  }
  close_or_fail(descriptor, path);
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

}  // namespace bertforge::system_calls
