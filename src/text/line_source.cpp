#include "bertforge/text/line_source.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iostream>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/text/unicode.h"

namespace bertforge {

namespace {

struct Signature {
  std::string_view bytes, kind, remedy;
};

constexpr Signature kNoText[] = {
    {"\x1F\x8B", "compressed by gzip", "unpack it: gunzip FILE"},
    {"\xFD"
     "7zXZ",
     "compressed by xz", "unpack it: unxz FILE"},
    {"\x28\xB5\x2F\xFD", "compressed by zstd", "unpack it: unzstd FILE"},
    {"BZh", "compressed by bzip2", "unpack it: bunzip2 FILE"},
    {"PK\x03\x04", "a zip archive", "unpack it: unzip FILE"},
    {"%PDF-", "a PDF", "make it text: pdftotext FILE"},
    {"\xFF\xFE", "UTF-16", "make it UTF-8: iconv -f UTF-16 -t UTF-8 FILE"},
    {"\xFE\xFF", "UTF-16", "make it UTF-8: iconv -f UTF-16 -t UTF-8 FILE"},
};

// The first line of a file.
void require_text(std::string_view line, const std::string& name) {
  for (const Signature& signature : kNoText) {
    if (!line.starts_with(signature.bytes)) continue;
    fail(ErrorKind::kInput, name, " is ", signature.kind, ", not text; ", signature.remedy);
  }
}

}  // namespace

LineSource::LineSource(std::vector<std::string> files) : files_(std::move(files)) {
  if (files_.empty()) fail(ErrorKind::kUsage, "no text files are named");
  bool all_regular = true;
  for (const std::string& file : files_) {
    if (file != "-") require_file(file);
    const bool regular = file != "-" && file_exists(file);
    all_regular = all_regular && regular;
    if (regular) num_bytes_total_ += file_size(file);
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
    if (!file_) fail(ErrorKind::kEnvironment, name, " cannot be read: ", std::strerror(errno));
    stream_ = &file_;
  }
  at_file_begin_ = true;
  line_number_ = 0;
  num_bytes_looked_at_ = num_nuls_ = 0;
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
  if (at_file_begin_) require_text(line, files_[num_opened_ - 1]);
  if (num_bytes_looked_at_ < kBytesLookedAt) look_for_nuls(line);
  if (at_file_begin_ && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
  at_file_begin_ = false;
  ++line_number_;
  invalid_utf8_.add_line(line, files_[num_opened_ - 1], line_number_);
  return Event::kLine;
}

// Text has none, but for an accident; UTF-16 and binary files are full of them.
void LineSource::look_for_nuls(std::string_view line) {
  constexpr std::size_t kMaxNuls = 8, kBytesPerNul = 16;
  const std::string_view part = line.substr(0, kBytesLookedAt);
  num_bytes_looked_at_ += part.size() + 1;
  num_nuls_ += static_cast<std::size_t>(std::count(part.begin(), part.end(), '\0'));
  if (num_nuls_ <= kMaxNuls || num_nuls_ * kBytesPerNul < num_bytes_looked_at_) return;
  fail(ErrorKind::kInput, files_[num_opened_ - 1], " is no text: ", num_nuls_, " of its first ", num_bytes_looked_at_,
       " bytes are 0; UTF-8 is expected (UTF-16: iconv -f UTF-16LE -t UTF-8 FILE)");
}

std::string LineSource::file_names() const {
  constexpr std::size_t kMostNamed = 3;
  std::string names;
  for (std::size_t i = 0; i < std::min(files_.size(), kMostNamed); ++i) names += (i == 0 ? "" : ", ") + files_[i];
  if (files_.size() > kMostNamed) names += concat(" and ", files_.size() - kMostNamed, " more");
  return names;
}

}  // namespace bertforge
