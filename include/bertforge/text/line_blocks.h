#pragma once
// Text in blocks of whole lines, for what works on many lines at a time. Lines end at LF only; a byte order mark that opens
// the text is passed over. A line longer than kMaxLineBytes comes in parts, so that no line fills memory.
//
// Fed by files, pipes and standard input, compressed ones too (formats/decompressed_stream.h); eaten by LineSource, a line
// at a time, and by the pipeline of the commands, whose threads take a block each.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "bertforge/formats/decompressed_stream.h"

namespace bertforge {

inline constexpr std::size_t kMaxLineBytes = std::size_t{16} << 20;  // Without its LF.

// A line, or a part of one that is too long.
struct LinePart {
  std::string_view text;    // Without the LF.
  std::int64_t number = 0;  // Of the line, from 1.
  bool begins_line = true, ends_line = true;

  bool is_whole() const { return begins_line && ends_line; }
};

struct LineBlock {
  std::string bytes;              // Lines with their LF, which the text's last may lack; or a part of a line.
  std::int64_t first_number = 1;  // Of the first line.
  bool begins_line = true;        // False: the first line began in an earlier block.
  bool ends_line = true;          // False: the last line goes on in the next block.

  // Calls on_part(const LinePart&) for each line.
  template <class OnPart>
  void for_each_part(OnPart on_part) const {
    std::int64_t number = first_number;
    for (std::size_t position = 0; position < bytes.size(); ++number) {
      const LinePart part = part_at(position, number);
      position += part.text.size() + 1;
      on_part(part);
    }
  }

  // The line that begins at `position` (REQUIRES: it is below bytes.size()) and is line `number`.
  LinePart part_at(std::size_t position, std::int64_t number) const {
    const std::size_t end = bytes.find('\n', position);
    const bool has_end = end != std::string::npos;
    return {.text = std::string_view(bytes).substr(position, end - position),  // npos: to the end.
            .number = number,
            .begins_line = position > 0 || begins_line,
            .ends_line = has_end || ends_line};
  }
};

struct LineBlockSizes {
  // About so many, max_line_bytes at most; a longer line makes a longer block.
  std::size_t block_bytes = std::size_t{1} << 20;
  std::size_t max_line_bytes = kMaxLineBytes;  // REQUIRES: 4 or more.
};

class LineBlockReader {
 public:
  // "-": standard input. Error(kUsage) where there is no such file. `range` begins where a line does; lines count from there.
  explicit LineBlockReader(const std::string& path, LineBlockSizes sizes = {}, ByteRange range = {});

  // Replaces `block` by the next one; false at the end. What has arrived is not held back: a block is short where a pipe has
  // no more for now. `before_waiting` is called where the whole program is about to wait for the pipe.
  // Error(kInput) where the text begins as binary files do, or what is compressed is damaged.
  bool next(LineBlock& block, const std::function<void()>& before_waiting = {});

  const std::string& name() const { return input_.name(); }
  std::uint64_t num_bytes_read() const { return input_.num_bytes_read(); }  // Of the file, as it lies there.

 private:
  void read_more(std::string& bytes, const std::function<void()>& before_waiting);
  bool hand_out(LineBlock& block, std::size_t num_bytes, bool ends_line);

  DecompressedStream input_;
  LineBlockSizes sizes_;
  std::string buffer_;            // For one read.
  std::string carry_;             // Read, and not in a block yet.
  std::int64_t next_number_ = 1;  // Of the line that the next block begins with,
  bool in_line_ = false;          // in its middle.
  bool at_begin_;                 // Of the file.
  bool at_end_ = false;
};

// Where a line longer than `max_bytes` is cut: behind the last space, tab or CR of its first `max_bytes`, which ends a word for
// every tokenizer; where there is none, at the end of a code point. REQUIRES: 4 <= max_bytes < line.size().
std::size_t line_cut(std::string_view line, std::size_t max_bytes);

}  // namespace bertforge
