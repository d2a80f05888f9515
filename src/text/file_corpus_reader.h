#pragma once
// What all readers of files have in common: the lines, and the figures of what was read.

#include <string>
#include <utility>
#include <vector>

#include "bertforge/text/corpus_reader.h"
#include "bertforge/text/line_source.h"

namespace bertforge {

class FileCorpusReader : public CorpusReader {
 public:
  std::uint64_t num_bytes_read() const override { return source_.num_bytes_read(); }
  std::uint64_t num_bytes_total() const override { return source_.num_bytes_total(); }
  const InvalidUtf8& invalid_utf8() const override { return source_.invalid_utf8(); }

 protected:
  explicit FileCorpusReader(std::vector<std::string> files, LongLines long_lines = LongLines::kCut)
      : source_(std::move(files), long_lines) {}

  LineSource source_;
};

}  // namespace bertforge
