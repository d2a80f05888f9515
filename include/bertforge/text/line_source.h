#pragma once
// The lines of several files, one after the other; they end at LF only. A byte order mark that opens a file is passed over.
//
// Fed by files and standard input; eaten by the corpus readers and by the commands that read lines.

#include <cstdint>
#include <fstream>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "bertforge/text/corpus_reader.h"

namespace bertforge {

class LineSource {
 public:
  // Error(kUsage) if a file is missing, or if there is none. "-" is standard input.
  explicit LineSource(std::vector<std::string> files);

  enum class Event { kLine, kEndOfFile, kEnd };

  // Error(kInput) where a file begins as compressed or binary ones do.
  // kLine: `line` is the next line, without its LF. kEndOfFile follows each file, kEnd the last one.
  Event next(std::string& line);

  std::uint64_t num_bytes_read() const { return num_bytes_read_; }
  std::uint64_t num_bytes_total() const { return num_bytes_total_; }
  const InvalidUtf8& invalid_utf8() const { return invalid_utf8_; }  // Of the lines read so far.
  std::int64_t line_number() const { return line_number_; }          // Of the open file's last line, from 1.
  std::string file_names() const;                                    // "a.txt, b.txt and 3 more"

 private:
  static constexpr std::size_t kBytesLookedAt = 4096;

  bool open_next();
  void look_for_nuls(std::string_view line);

  std::vector<std::string> files_;
  std::size_t num_opened_ = 0;
  std::ifstream file_;
  std::istream* stream_ = nullptr;  // The open file or standard input; nullptr between files.
  bool at_file_begin_ = false;
  std::int64_t line_number_ = 0;                        // Of the open file's last line, from 1.
  std::size_t num_bytes_looked_at_ = 0, num_nuls_ = 0;  // Of the open file's beginning.
  std::uint64_t num_bytes_read_ = 0, num_bytes_total_ = 0;
  InvalidUtf8 invalid_utf8_;
};

}  // namespace bertforge
