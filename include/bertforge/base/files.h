#pragma once
// Files: whole reads, mapped reads, and writes that are either whole or not there.
//
// Errors: kUsage where a path is missing or of the wrong kind, kEnvironment where the system refuses (rights, full
// disk).

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bertforge {

// Of the name of what is in the making (StagedFile and StagedFolder, below).
inline constexpr std::string_view kPartialSuffix = ".partial";
// "a/out.partial" for "a/out" and "a/out/".
std::filesystem::path partial_path(const std::filesystem::path& final_path);

// The bytes of a file.
std::string read_file(const std::filesystem::path& path);

// Error(kUsage) unless `path` is a file that exists (a regular file or a pipe) / a folder that exists.
void require_file(const std::filesystem::path& path);
void require_folder(const std::filesystem::path& path);

// What std::filesystem asks, with an Error for what it throws: kUsage for what no path is (too long a name, a loop of
// links), kEnvironment where the system refuses.
bool path_exists(const std::filesystem::path& path);
bool file_exists(const std::filesystem::path& path);    // A regular one, or a link to one.
bool folder_exists(const std::filesystem::path& path);  // Or a link to one.
std::uint64_t file_size(const std::filesystem::path& path);
// The entries of a folder, by name; links are not followed.
std::vector<std::filesystem::directory_entry> list_folder(const std::filesystem::path& path);
// Inputs as users name them: a folder stands for the files in it and below, by name, without hidden ones and links to
// folders; what is no file and has one of *?[ in its name, for the files that match, by name (glob(7)); "-" and all
// else for itself. Error(kUsage) where a folder or a pattern stands for none.
std::vector<std::string> expand_inputs(const std::vector<std::string>& inputs);
std::vector<std::string> expand_patterns(const std::vector<std::string>& inputs);  // Folders stand for themselves.
void make_folders(const std::filesystem::path& path);  // With those above it; nothing where it is there.

// Replaces `path` in one step: a reader sees the old content or the new one. Flushed to disk before it is renamed.
void write_file_atomic(const std::filesystem::path& path, std::string_view content);

// Appends and flushes to disk (fsync): what stands there after a return survives a crash.
void append_file(const std::filesystem::path& path, std::string_view content);

// A file mapped for reading. An empty file gives an empty view.
class MappedFile {
 public:
  MappedFile() = default;
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;

  std::string_view text() const { return {static_cast<const char*>(data_), size_}; }
  std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(data_), size_}; }
  // The content as an array of T. REQUIRES: the size is a multiple of sizeof(T) (checked).
  template <class T>
  std::span<const T> as() const {
    check_multiple_of(sizeof(T));
    return {static_cast<const T*>(data_), size_ / sizeof(T)};
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  void check_multiple_of(std::size_t element_size) const;  // Error(kInput)

  std::filesystem::path path_;
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

// Buffered writing of one file; every failure of the system becomes an Error(kEnvironment) that names the file.
class FileWriter {
 public:
  enum class Sharing { kAny, kExclusive };  // kExclusive: Error(kEnvironment) while another process writes it so.
  explicit FileWriter(const std::filesystem::path& path, Sharing sharing = Sharing::kAny);
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  void write(const void* data, std::size_t num_bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }
  template <class T>
  void write_array(std::span<const T> values) {
    write(values.data(), values.size_bytes());
  }
  // Writes over what stands at `offset` already; what follows goes on at the end. REQUIRES: it lies within num_bytes().
  void overwrite(std::uint64_t offset, std::string_view text);
  void close();  // Flushes to disk. Without it the destructor closes quietly, for the way out of an error.
  std::uint64_t num_bytes() const { return num_bytes_; }

 private:
  void flush_buffer();

  std::filesystem::path path_;
  int descriptor_ = -1;
  std::string buffer_;
  std::uint64_t num_bytes_ = 0;
};

// A file that appears under its name only when it is complete: it is written as `NAME.partial`, and publish() renames it.
// Destroyed before that, it removes what was written. A pipe or a device (/dev/stdout) is written to at once.
class StagedFile {
 public:
  explicit StagedFile(const std::filesystem::path& final_path);
  ~StagedFile();
  StagedFile(const StagedFile&) = delete;
  StagedFile& operator=(const StagedFile&) = delete;

  FileWriter& writer() { return *writer_; }
  bool is_stream() const;  // A pipe or a device.
  void publish();          // Closes the writer, which flushes to disk, and replaces a file of that name in one step.

 private:
  std::filesystem::path final_, partial_;
  std::optional<FileWriter> writer_;
};

// A folder that appears under its name only when it is complete: files are written into `NAME.partial`, publish()
// flushes them and renames. Destroyed before that, it removes what was written. A left-over of a killed process is
// removed first; the folder of a living one is locked, and an Error(kEnvironment).
class StagedFolder {
 public:
  // `replace`: publish() may take the place of an existing folder; otherwise one that exists and is not empty is an
  // Error(kUsage) here, before any work is done.
  explicit StagedFolder(std::filesystem::path final_path, bool replace = false);
  ~StagedFolder();
  StagedFolder(const StagedFolder&) = delete;
  StagedFolder& operator=(const StagedFolder&) = delete;

  const std::filesystem::path& path() const { return partial_; }  // Where to write.
  void publish();

 private:
  std::filesystem::path final_, partial_;
  bool replace_, published_ = false;
  int lock_ = -1;  // A descriptor of the partial folder that holds its lock.
};

// 64-bit FNV-1a of the bytes: a number for content, not a defence against forgery. A content hash is that number in 16
// hexadecimal digits.
std::uint64_t fnv1a(std::string_view bytes);
std::string content_hash(std::string_view bytes);
std::string file_content_hash(const std::filesystem::path& path);

}  // namespace bertforge
