#include "lines.h"

#include <unistd.h>

#include "bertforge/app/corpus.h"
#include "bertforge/base/log.h"

namespace bertforge {

LineReader::LineReader(const std::string& path)
    : name_(path == "-" ? "standard input" : path),
      lines_({path}),
      is_terminal_(path == "-" && isatty(STDIN_FILENO) == 1) {
  if (is_terminal_) log_info("reading lines from the terminal; Ctrl-D ends them");
}

bool LineReader::next(std::string& line) { return lines_.next(line) == LineSource::Event::kLine; }

void LineReader::report_invalid_utf8() const { warn_of_invalid_utf8(lines_.invalid_utf8()); }

}  // namespace bertforge
