#include "line_source.h"

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"

namespace bertforge {

namespace fs = std::filesystem;

LineSource::LineSource(std::vector<std::string> files) : files_(std::move(files)) {
  if (files_.empty()) fail(ErrorKind::kUsage, "no text files are named");
  bool all_regular = true;
  for (const std::string& file : files_) {
    if (file != "-") require_file(file);
    const bool regular = file != "-" && fs::is_regular_file(file);
    all_regular = all_regular && regular;
    if (regular) num_bytes_total_ += fs::file_size(file);
  }
  if (!all_regular) num_bytes_total_ = 0;
}

bool LineSource::open_next() {
  if (num_opened_ == files_.size()) return false;
  const std::string& name = files_[num_opened_++];
  if (name == "-") {
    stream_ = &std::cin;
  } else {
    file_.close();
    file_.clear();
    file_.open(name, std::ios::binary);
    if (!file_) fail(ErrorKind::kEnvironment, name, ": cannot be opened for reading");
    stream_ = &file_;
  }
  at_file_begin_ = true;
  return true;
}

LineSource::Event LineSource::next(std::string& line) {
  if (stream_ == nullptr && !open_next()) return Event::kEnd;
  if (!std::getline(*stream_, line)) {
    if (stream_->bad()) fail(ErrorKind::kEnvironment, files_[num_opened_ - 1], ": reading failed");
    stream_ = nullptr;
    return Event::kEndOfFile;
  }
  num_bytes_read_ += line.size() + (stream_->eof() ? 0 : 1);
  if (at_file_begin_ && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
  at_file_begin_ = false;
  return Event::kLine;
}

std::string LineSource::file_names() const {
  constexpr std::size_t kMostNamed = 3;
  std::string names;
  for (std::size_t i = 0; i < std::min(files_.size(), kMostNamed); ++i) names += (i == 0 ? "" : ", ") + files_[i];
  if (files_.size() > kMostNamed) names += concat(" and ", files_.size() - kMostNamed, " more");
  return names;
}

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r\f\v") == std::string_view::npos; }

}  // namespace bertforge
