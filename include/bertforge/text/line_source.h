#pragma once
// The lines of several files, one after the other; they end at LF only. A byte order mark that opens a file is passed over.
//
// Fed by line_blocks.h; eaten by the corpus readers and by the commands that read lines.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bertforge/text/corpus_reader.h"
#include "bertforge/text/line_blocks.h"

namespace bertforge {

// What becomes of a line longer than kMaxLineBytes: its parts are lines, with one warning for all files; or it is an
// Error(kInput), for commands that answer line by line.
enum class LongLines { kCut, kRefuse };

class LineSource {
 public:
  // Error(kUsage) if a file is missing, or if there is none. "-" is standard input.
  // `ranges`: what is read of each file, from where a line begins; empty: all.
  explicit LineSource(std::vector<std::string> files, LongLines long_lines = LongLines::kCut,
                      std::vector<ByteRange> ranges = {});

  enum class Event { kLine, kEndOfFile, kEnd };

  // Error(kInput) where a file begins as binary ones do, or what is compressed is damaged.
  // kLine: `line` is the next line, without its LF. kEndOfFile follows each file, kEnd the last one.
  Event next(std::string& line);

  std::uint64_t num_bytes_read() const;  // Of the files as they lie there; some blocks ahead of the lines.
  std::uint64_t num_bytes_total() const { return num_bytes_total_; }
  const InvalidUtf8& invalid_utf8() const { return invalid_utf8_; }  // Of the lines read so far.
  std::int64_t line_number() const { return line_number_; }          // Of the last line in its file, from 1.
  std::string last_place() const;                                    // "a.txt:17". REQUIRES: the last event was kLine.
  std::string file_names() const;                                    // "a.txt, b.txt and 3 more"

 private:
  bool open_next();
  bool next_block();
  void tell_long_line(const LinePart& part);

  std::vector<std::string> files_;
  std::vector<ByteRange> ranges_;
  LongLines long_lines_;
  std::size_t num_opened_ = 0;
  std::optional<LineBlockReader> reader_;  // Of the open file; none between files.
  LineBlock block_;
  std::size_t position_ = 0;  // In the block: where the next line begins.
  std::int64_t line_number_ = 0;
  bool told_long_line_ = false;
  std::uint64_t num_bytes_before_ = 0, num_bytes_total_ = 0;  // Before: of the files that are read.
  InvalidUtf8 invalid_utf8_;
};

// Error(kInput): the line at `where` ("FILE:LINE") is too long for what needs it whole.
[[noreturn]] void refuse_long_line(const std::string& where);

}  // namespace bertforge
