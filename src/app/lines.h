#pragma once
// Lines of a file or of standard input; they end at LF only.

#include <fstream>
#include <iostream>
#include <string>

#include "bertforge/base/files.h"

namespace bertforge {

class LineReader {
 public:
  // "-": standard input. Error(kUsage) where there is no such file.
  explicit LineReader(const std::string& path) : name_(path == "-" ? "standard input" : path) {
    if (path == "-") return;
    require_file(path);
    file_.open(path, std::ios::binary);
  }

  bool next(std::string& line) {
    if (!std::getline(file_.is_open() ? static_cast<std::istream&>(file_) : std::cin, line)) return false;
    ++number_;
    return true;
  }

  std::string where() const { return name_ + ":" + std::to_string(number_); }  // Of the line read last.

 private:
  std::string name_;
  std::ifstream file_;
  std::size_t number_ = 0;
};

}  // namespace bertforge
