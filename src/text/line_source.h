#pragma once
// The lines of several files, one after the other: what corpus readers are made of.

#include <cstdint>
#include <fstream>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

namespace bertforge {

class LineSource {
 public:
  // Error(kUsage) if a file is missing, or if there is none. "-" is standard input.
  explicit LineSource(std::vector<std::string> files);

  enum class Event { kLine, kEndOfFile, kEnd };

  // kLine: `line` is the next line, without its LF. kEndOfFile follows each file, kEnd the last one.
  Event next(std::string& line);

  std::uint64_t num_bytes_read() const { return num_bytes_read_; }
  std::uint64_t num_bytes_total() const { return num_bytes_total_; }
  std::string file_names() const;  // "a.txt, b.txt and 3 more"

 private:
  bool open_next();

  std::vector<std::string> files_;
  std::size_t num_opened_ = 0;
  std::ifstream file_;
  std::istream* stream_ = nullptr;  // The open file or standard input; nullptr between files.
  bool at_file_begin_ = false;
  std::uint64_t num_bytes_read_ = 0, num_bytes_total_ = 0;
};

// Whether a line is empty or white space alone.
bool is_blank(std::string_view line);

}  // namespace bertforge
