#include "lines.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>

#include "bertforge/app/corpus.h"
#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/base/log.h"

namespace bertforge {

LineReader::LineReader(const std::string& path) : name_(path == "-" ? "standard input" : path) {
  if (path == "-") {
    is_terminal_ = isatty(STDIN_FILENO) == 1;
    if (is_terminal_) log_info("reading lines from the terminal; Ctrl-D ends them");
    return;
  }
  require_file(path);
  file_.open(path, std::ios::binary);
  if (!file_) fail(ErrorKind::kEnvironment, path, " cannot be read: ", std::strerror(errno));
}

bool LineReader::next(std::string& line) {
  std::istream& stream = file_.is_open() ? static_cast<std::istream&>(file_) : std::cin;
  if (!std::getline(stream, line)) {
    if (stream.bad()) fail(ErrorKind::kEnvironment, name_, ": reading failed");
    return false;
  }
  ++number_;
  invalid_utf8_.add_line(line, name_, number_);
  return true;
}

std::vector<std::string> LineReader::next_chunk(std::size_t max_lines) {
  std::vector<std::string> lines;
  const std::size_t wanted = is_terminal_ ? 1 : max_lines;
  for (std::string line; lines.size() < wanted && next(line);) lines.push_back(std::move(line));
  return lines;
}

void LineReader::report_invalid_utf8() const { warn_of_invalid_utf8(invalid_utf8_); }

}  // namespace bertforge
