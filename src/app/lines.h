#pragma once
// Lines of a file or of standard input; they end at LF only.

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "bertforge/text/corpus_reader.h"

namespace bertforge {

class LineReader {
 public:
  // "-": standard input; where it is a terminal, the log says what is waited for. Error(kUsage) where there is no such file.
  explicit LineReader(const std::string& path);

  bool next(std::string& line);

  // The next lines, at most `max_lines`; from a terminal one at a time, so that it is answered. Empty at the end.
  std::vector<std::string> next_chunk(std::size_t max_lines);

  std::string where() const { return where(number_); }  // "FILE:LINE" of the line read last.
  std::string where(std::int64_t number) const { return name_ + ":" + std::to_string(number); }
  std::int64_t number() const { return number_; }  // Of the line read last, from 1.

  // Warns, if bytes of the lines were no UTF-8, how many and where the first stood.
  void report_invalid_utf8() const;

 private:
  std::string name_;
  std::ifstream file_;
  bool is_terminal_ = false;
  std::int64_t number_ = 0;
  InvalidUtf8 invalid_utf8_;
};

}  // namespace bertforge
