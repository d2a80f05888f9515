#pragma once
// Lines of one file or of standard input, for commands that answer line by line.

#include <cstdint>
#include <string>
#include <vector>

#include "bertforge/text/line_source.h"

namespace bertforge {

// Whether `input` is standard input ("-") and a terminal; then the log says what is waited for.
bool announce_terminal(const std::string& input);

class LineReader {
 public:
  // "-": standard input. Error(kUsage) where there is no such file.
  explicit LineReader(const std::string& path);

  // Error(kInput) where the file begins as binary ones do, or is compressed and damaged, and for a line longer than kMaxLineBytes.
  bool next(std::string& line);
  bool is_terminal() const { return is_terminal_; }

  const std::string& name() const { return name_; }  // The file's, or "standard input".
  std::string where(std::int64_t number) const { return name_ + ":" + std::to_string(number); }
  std::string where() const { return where(number()); }  // "FILE:LINE" of the line read last.
  std::int64_t number() const { return lines_.line_number(); }

  // Warns, if bytes of the lines were no UTF-8, how many and where the first stood.
  void report_invalid_utf8() const;

 private:
  std::string name_;
  LineSource lines_;
  bool is_terminal_;
};

}  // namespace bertforge
