#pragma once
// The folder of oracles and corpora beside the repository, named by BERTFORGE_SHARED; not every machine has it.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>

namespace bertforge::testing {

// The shared folder, or nothing where the variable is not set or names no folder.
inline std::optional<std::filesystem::path> shared_path() {
  const char* folder = std::getenv("BERTFORGE_SHARED");
  if (folder == nullptr || !std::filesystem::is_directory(folder)) return std::nullopt;
  return folder;
}

// A file or folder in it; an empty path where there is none.
inline std::filesystem::path shared_file(std::string_view relative) {
  const auto folder = shared_path();
  return folder && std::filesystem::exists(*folder / relative) ? *folder / relative : std::filesystem::path();
}

inline bool running_in_ci() {
  const char* ci = std::getenv("CI");
  return ci != nullptr && std::string_view(ci) == "true";
}

}  // namespace bertforge::testing

// Declares `variable`, the path of a shared file or folder. The test is skipped where it is missing, and fails in CI.
#define BERTFORGE_REQUIRE_SHARED(variable, relative)                                                                  \
  const std::filesystem::path variable = ::bertforge::testing::shared_file(relative);                                 \
  if (variable.empty()) {                                                                                             \
    if (::bertforge::testing::running_in_ci()) FAIL() << "BERTFORGE_SHARED has no " << (relative) << ", and CI=true"; \
    GTEST_SKIP() << "BERTFORGE_SHARED has no " << (relative);                                                         \
  }
