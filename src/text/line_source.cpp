#include "bertforge/text/line_source.h"

#include <algorithm>
#include <utility>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/base/log.h"

namespace bertforge {

LineSource::LineSource(std::vector<std::string> files, LongLines long_lines, std::vector<ByteRange> ranges)
    : files_(std::move(files)), ranges_(std::move(ranges)), long_lines_(long_lines) {
  ranges_.resize(files_.size());
  if (files_.empty()) fail(ErrorKind::kUsage, "no text files are named");
  bool all_regular = true;
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const std::string& file = files_[i];
    if (file != "-") require_file(file);
    const bool regular = file != "-" && file_exists(file);
    all_regular = all_regular && regular;
    if (regular) num_bytes_total_ += std::min(file_size(file), ranges_[i].end) - ranges_[i].begin;
  }
  if (!all_regular) num_bytes_total_ = 0;
}

bool LineSource::open_next() {
  if (num_opened_ == files_.size()) return false;
  reader_.emplace(files_[num_opened_], LineBlockSizes{}, ranges_[num_opened_]);
  ++num_opened_;
  block_ = {};
  position_ = 0;
  line_number_ = 0;
  return true;
}

// False at the end of the file.
bool LineSource::next_block() {
  do {
    if (!reader_->next(block_)) return false;
  } while (block_.bytes.empty());  // A byte order mark and nothing else.
  position_ = 0;
  line_number_ = block_.first_number - 1;
  return true;
}

LineSource::Event LineSource::next(std::string& line) {
  if (!reader_ && !open_next()) return Event::kEnd;
  if (position_ >= block_.bytes.size() && !next_block()) {
    num_bytes_before_ += reader_->num_bytes_read();
    reader_.reset();
    return Event::kEndOfFile;
  }
  const LinePart part = block_.part_at(position_, line_number_ + 1);
  position_ += part.text.size() + 1;
  line_number_ = part.number;
  if (!part.ends_line) tell_long_line(part);
  line = part.text;
  invalid_utf8_.add_line(line, reader_->name(), line_number_);
  return Event::kLine;
}

void LineSource::tell_long_line(const LinePart& part) {
  const std::string where = concat(reader_->name(), ":", part.number);
  if (long_lines_ == LongLines::kRefuse) refuse_long_line(where);
  if (std::exchange(told_long_line_, true)) return;
  log_warning(where, ": the line is longer than ", kMaxLineBytes >> 20,
              " MiB and is cut there into several; is the text in lines?");
}

void refuse_long_line(const std::string& where) {
  fail(ErrorKind::kInput, where, ": the line is longer than ", kMaxLineBytes >> 20,
       " MiB; a text of at most that is expected");
}

std::uint64_t LineSource::num_bytes_read() const {
  return num_bytes_before_ + (reader_ ? reader_->num_bytes_read() : 0);
}

std::string LineSource::last_place() const { return concat(reader_->name(), ":", line_number_); }

std::string LineSource::file_names() const {
  constexpr std::size_t kMostNamed = 3;
  std::string names;
  for (std::size_t i = 0; i < std::min(files_.size(), kMostNamed); ++i) names += (i == 0 ? "" : ", ") + files_[i];
  if (files_.size() > kMostNamed) names += concat(" and ", files_.size() - kMostNamed, " more");
  return names;
}

}  // namespace bertforge
