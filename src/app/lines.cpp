#include "lines.h"

#include <unistd.h>

#include "bertforge/app/corpus.h"
#include "bertforge/base/log.h"

namespace bertforge {

bool announce_terminal(const std::string& input) {
  const bool is_terminal = input == "-" && isatty(STDIN_FILENO) == 1;
  if (is_terminal) log_info("reading lines from the terminal; Ctrl-D ends them");
  return is_terminal;
}

LineReader::LineReader(const std::string& path)
    : name_(input_name(path)), lines_({path}, LongLines::kRefuse), is_terminal_(announce_terminal(path)) {}

bool LineReader::next(std::string& line) { return lines_.next(line) == LineSource::Event::kLine; }

void LineReader::report_invalid_utf8() const { warn_of_invalid_utf8(lines_.invalid_utf8()); }

}  // namespace bertforge
