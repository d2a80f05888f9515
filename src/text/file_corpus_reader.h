#pragma once
// What all readers of files have in common: the lines, the figures of what was read, and the end.

#include <string>
#include <utility>
#include <vector>

#include "bertforge/base/error.h"
#include "bertforge/text/corpus_reader.h"
#include "bertforge/text/line_source.h"

namespace bertforge {

class FileCorpusReader : public CorpusReader {
 public:
  std::uint64_t num_bytes_read() const override { return source_.num_bytes_read(); }
  std::uint64_t num_bytes_total() const override { return source_.num_bytes_total(); }
  const InvalidUtf8& invalid_utf8() const override { return source_.invalid_utf8(); }

 protected:
  FileCorpusReader(std::vector<std::string> files, const CorpusOptions& options, LongLines long_lines = LongLines::kCut)
      : source_(std::move(files), long_lines, options.ranges), found_any_(options.may_be_empty) {}

  // What next() gives at the end: false. Error(kInput) where there was no document: "one sentence a line is" `expected`.
  bool end_of_text(std::string_view expected) const {
    if (!found_any_) fail(ErrorKind::kInput, source_.file_names(), ": no text; ", expected, " expected");
    return false;
  }

  LineSource source_;
  bool found_any_;
};

}  // namespace bertforge
