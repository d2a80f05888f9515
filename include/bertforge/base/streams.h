#pragma once
// Bytes in and out by the system's own calls: for commands through which gigabytes run.
//
// Used by text/line_blocks and the commands that answer line by line. Errors: kUsage where a path is missing or of the wrong
// kind, kEnvironment where the system refuses.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace bertforge {

// "standard input" for "-", else `path`: what messages call an input.
std::string input_name(const std::string& path);

// Bytes [begin, end) of a file; by default all of it.
struct ByteRange {
  static constexpr std::uint64_t kEndOfFile = std::numeric_limits<std::uint64_t>::max();

  std::uint64_t begin = 0, end = kEndOfFile;  // REQUIRES: begin <= end.
};

// A file, a pipe or standard input, read once from its beginning to its end.
class InputStream {
 public:
  // "-": standard input. REQUIRES: a range other than the default is of a file that is there whole.
  explicit InputStream(const std::string& path, ByteRange range = {});
  ~InputStream();
  InputStream(const InputStream&) = delete;
  InputStream& operator=(const InputStream&) = delete;

  // Reads what is there, up to `room` bytes (REQUIRES: some), and waits where nothing is there yet. 0: the end.
  std::size_t read(char* data, std::size_t room);
  bool has_more() const;  // False where read() would wait for whoever writes the pipe.

  // "a.txt"; "a.txt from byte 512" where it does not begin at its beginning.
  const std::string& name() const { return name_; }

 private:
  std::string name_;
  int descriptor_;
  std::uint64_t num_left_;  // At most.
};

// Writes all of it, past the buffer of std::cout. Error(kEnvironment) where it cannot be written.
void write_standard_output(std::string_view bytes);

}  // namespace bertforge
