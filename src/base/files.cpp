#include "bertforge/base/files.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "bertforge/base/error.h"
#include "system_calls.h"

namespace bertforge {
namespace {

// An open file that is closed at the end of the scope.
struct OpenFile {
  explicit OpenFile(const std::filesystem::path& path)
      : descriptor(system_calls::open_or_fail(path, O_RDONLY, "cannot be read")) {}
  ~OpenFile() { close(descriptor); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  const int descriptor;
};

struct stat status_of(int descriptor, const std::filesystem::path& path) {
  struct stat status = {};
  if (fstat(descriptor, &status) != 0) system_calls::fail_errno(path, "cannot be read");
  return status;
}

// Of what stands there, links followed; file_type::not_found where there is nothing.
std::filesystem::file_status status_of(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (error && status.type() != std::filesystem::file_type::not_found) {
    system_calls::fail_error(path, "cannot be read", error.value());
  }
  return status;
}

}  // namespace

std::string read_file(const std::filesystem::path& path) {
  require_file(path);
  const OpenFile file(path);
  std::string content;
  // The size of a pipe is not known before its end; one byte more than a file's size finds its end in the first read.
  std::size_t room = static_cast<std::size_t>(status_of(file.descriptor, path).st_size) + 1;
  for (std::size_t size = 0;;) {
    content.resize(size + room);
    const ssize_t num_read = read(file.descriptor, content.data() + size, room);
    if (num_read < 0 && errno == EINTR) continue;
    if (num_read < 0) system_calls::fail_errno(path, "cannot be read");
    size += static_cast<std::size_t>(num_read);
    content.resize(size);
    if (num_read == 0) return content;
    room = std::size_t{1} << 16;
  }
}

bool path_exists(const std::filesystem::path& path) { return std::filesystem::exists(status_of(path)); }
bool file_exists(const std::filesystem::path& path) { return std::filesystem::is_regular_file(status_of(path)); }
bool folder_exists(const std::filesystem::path& path) { return std::filesystem::is_directory(status_of(path)); }

std::uint64_t file_size(const std::filesystem::path& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) system_calls::fail_error(path, "cannot be read", error.value());
  return size;
}

std::vector<std::filesystem::directory_entry> list_folder(const std::filesystem::path& path) {
  std::error_code error;
  std::vector<std::filesystem::directory_entry> entries;
  std::filesystem::directory_iterator next(path, error);
  for (const std::filesystem::directory_iterator end; !error && next != end; next.increment(error))
    entries.push_back(*next);
  if (error) system_calls::fail_error(path, "cannot be read", error.value());
  std::ranges::sort(entries);
  return entries;
}

void make_folders(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) system_calls::fail_error(path, "cannot be made", error.value());
}

void require_file(const std::filesystem::path& path) {
  if (path.empty()) fail(ErrorKind::kUsage, "the name of a file is empty");
  const auto status = status_of(path);
  if (status.type() == std::filesystem::file_type::not_found)
    fail(ErrorKind::kUsage, path.string(), ": there is no such file");
  if (std::filesystem::is_directory(status)) fail(ErrorKind::kUsage, path.string(), " is a folder; it must be a file");
}

void require_folder(const std::filesystem::path& path) {
  if (path.empty()) fail(ErrorKind::kUsage, "the name of a folder is empty");
  const auto status = status_of(path);
  if (status.type() == std::filesystem::file_type::not_found) {
    fail(ErrorKind::kUsage, path.string(), ": there is no such folder");
  }
  if (!std::filesystem::is_directory(status)) fail(ErrorKind::kUsage, path.string(), " is a file; it must be a folder");
}

MappedFile::MappedFile(const std::filesystem::path& path) : path_(path) {
  require_file(path);
  const OpenFile file(path);
  const struct stat status = status_of(file.descriptor, path);
  if (!S_ISREG(status.st_mode))
    fail(ErrorKind::kUsage, path.string(), " is a pipe or a device; it must be a file on disk");
  size_ = static_cast<std::size_t>(status.st_size);
  if (size_ == 0) return;  // mmap refuses an empty range.
  void* data = mmap(nullptr, size_, PROT_READ, MAP_SHARED, file.descriptor, 0);
  if (data == MAP_FAILED) system_calls::fail_errno(path, "cannot be mapped into memory");
  data_ = data;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) munmap(data_, size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)), data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

void MappedFile::check_multiple_of(std::size_t element_size) const {
  if (size_ % element_size == 0) return;
  fail(ErrorKind::kInput, path_.string(), " has ", size_, " bytes; its size must be a multiple of ", element_size,
       ": it was cut short, or is of another kind");
}

std::uint64_t fnv1a(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return hash;
}

std::string content_hash(std::string_view bytes) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(fnv1a(bytes)));
  return text;
}

std::string file_content_hash(const std::filesystem::path& path) { return content_hash(MappedFile(path).text()); }

}  // namespace bertforge
