#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "system_calls.h"

namespace bertforge {

namespace {
constexpr std::size_t kBufferSize = std::size_t{1} << 20;
}

FileWriter::FileWriter(const std::filesystem::path& path, Sharing sharing)
    : path_(path),
      descriptor_(system_calls::open_or_fail(path, O_WRONLY | O_CREAT | (sharing == Sharing::kAny ? O_TRUNC : 0),
                                             "cannot be written")) {
  if (sharing == Sharing::kAny) return;
  const bool is_ours = flock(descriptor_, LOCK_EX | LOCK_NB) == 0;
  if (is_ours && ftruncate(descriptor_, 0) == 0) return;  // What a killed process left.
  ::close(descriptor_);
  if (is_ours) system_calls::fail_errno(path_, "cannot be emptied");
  fail(ErrorKind::kEnvironment, path_.string(), " is being written by another process; wait until it has ended");
}

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

void FileWriter::overwrite(std::uint64_t offset, std::string_view text) {
  BERTFORGE_CHECK(offset + text.size() <= num_bytes_, path_.string(), " ends at ", num_bytes_);
  flush_buffer();
  system_calls::write_all_at(descriptor_, text.data(), text.size(), offset, path_);
}

void FileWriter::close() {
  BERTFORGE_CHECK(descriptor_ >= 0, path_.string(), " is closed");
  flush_buffer();
  system_calls::flush_to_disk(descriptor_, path_);
  system_calls::close_or_fail(descriptor_, path_);
}

StagedFile::StagedFile(const std::filesystem::path& final_path)
    // A link to a file stays a link; what stands behind /dev/stdout may have no path.
    : final_(file_exists(final_path) ? std::filesystem::canonical(final_path) : final_path), partial_(final_) {
  if (folder_exists(final_)) system_calls::fail_error(final_, "cannot be written", EISDIR);
  if (!is_stream()) partial_ += kPartialSuffix;
  writer_.emplace(partial_, is_stream() ? FileWriter::Sharing::kAny : FileWriter::Sharing::kExclusive);
}

bool StagedFile::is_stream() const { return path_exists(final_) && !file_exists(final_); }

StagedFile::~StagedFile() {
  if (writer_ && partial_ != final_) unlink(partial_.c_str());
}

void StagedFile::publish() {
  writer_->close();
  if (partial_ != final_ && rename(partial_.c_str(), final_.c_str()) != 0)
    system_calls::fail_errno(final_, "cannot be replaced");
  writer_.reset();
  system_calls::flush_path(system_calls::folder_of(final_));
}

void write_file_atomic(const std::filesystem::path& path, std::string_view content) {
  StagedFile file(path);
  file.writer().write(content);
  file.publish();
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
