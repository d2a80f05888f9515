#include <fcntl.h>
#include <unistd.h>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "system_calls.h"

namespace bertforge {

namespace {
constexpr std::size_t kBufferSize = std::size_t{1} << 20;
}

FileWriter::FileWriter(const std::filesystem::path& path)
    : path_(path), descriptor_(system_calls::open_or_fail(path, O_WRONLY | O_CREAT | O_TRUNC, "cannot be written")) {}

FileWriter::~FileWriter() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void FileWriter::write(const void* data, std::size_t num_bytes) {
  BERTFORGE_CHECK(descriptor_ >= 0, path_.string(), " is closed");
  num_bytes_ += num_bytes;
  if (buffer_.size() + num_bytes > kBufferSize) flush_buffer();
  if (num_bytes > kBufferSize) {
    system_calls::write_all(descriptor_, data, num_bytes, path_);
  } else {
    buffer_.append(static_cast<const char*>(data), num_bytes);
  }
}

void FileWriter::flush_buffer() {
  system_calls::write_all(descriptor_, buffer_.data(), buffer_.size(), path_);
  buffer_.clear();
}

void FileWriter::close() {
  BERTFORGE_CHECK(descriptor_ >= 0, path_.string(), " is closed");
  flush_buffer();
  system_calls::flush_to_disk(descriptor_, path_);
  system_calls::close_or_fail(descriptor_, path_);
}

void write_file_atomic(const std::filesystem::path& path, std::string_view content) {
  std::filesystem::path partial = path;
  partial += ".partial";
  try {
    FileWriter writer(partial);
    writer.write(content);
    writer.close();
    if (rename(partial.c_str(), path.c_str()) != 0) system_calls::fail_errno(path, "cannot be replaced");
  } catch (...) {
    unlink(partial.c_str());
    throw;
  }
  system_calls::flush_path(system_calls::folder_of(path));
}

void append_file(const std::filesystem::path& path, std::string_view content) {
  const bool is_new = !path_exists(path);
  int descriptor = system_calls::open_or_fail(path, O_WRONLY | O_CREAT | O_APPEND, "cannot be written");
  try {
    system_calls::write_all(descriptor, content.data(), content.size(), path);
    system_calls::flush_to_disk(descriptor, path);
  } catch (...) {
    ::close(descriptor);
    throw;
  }
  system_calls::close_or_fail(descriptor, path);
  if (is_new) system_calls::flush_path(system_calls::folder_of(path));
}

}  // namespace bertforge
