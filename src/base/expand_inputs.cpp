#include <glob.h>

#include <algorithm>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"

namespace bertforge {
namespace {

namespace fs = std::filesystem;

bool is_hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

void add_files_below(const fs::path& folder, std::vector<std::string>& files) {
  for (const fs::directory_entry& entry : list_folder(folder)) {
    if (is_hidden(entry.path())) continue;
    if (folder_exists(entry.path())) {
      if (!entry.is_symlink()) add_files_below(entry.path(), files);  // It may lead to a folder above.
    } else {
      files.push_back(entry.path().string());
    }
  }
}

std::vector<std::string> matches_of(const std::string& pattern) {
  glob_t found = {};
  const int result = glob(pattern.c_str(), 0, nullptr, &found);
  std::vector<std::string> paths;
  if (result == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  globfree(&found);
  if (result != 0 && result != GLOB_NOMATCH) fail(ErrorKind::kEnvironment, pattern, ": the pattern cannot be searched");
  std::ranges::sort(paths);  // By bytes, whatever the locale.
  return paths;
}

void add_input(const std::string& input, std::vector<std::string>& files) {
  if (!folder_exists(input)) return files.push_back(input);
  const std::size_t num_before = files.size();
  add_files_below(input, files);
  if (files.size() == num_before) fail(ErrorKind::kUsage, input, ": there is no file in this folder");
}

}  // namespace

std::vector<std::string> expand_patterns(const std::vector<std::string>& inputs) {
  std::vector<std::string> paths;
  for (const std::string& input : inputs) {
    const bool is_pattern = input.find_first_of("*?[") != std::string::npos && !path_exists(input);
    if (!is_pattern) {
      paths.push_back(input);
      continue;
    }
    const std::vector<std::string> matches = matches_of(input);
    if (matches.empty()) fail(ErrorKind::kUsage, input, ": nothing matches this pattern");
    paths.insert(paths.end(), matches.begin(), matches.end());
  }
  return paths;
}

std::vector<std::string> expand_inputs(const std::vector<std::string>& inputs) {
  std::vector<std::string> files;
  for (const std::string& path : expand_patterns(inputs)) add_input(path, files);
  return files;
}

}  // namespace bertforge
