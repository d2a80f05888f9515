#pragma once
// System calls on files that retry what a signal interrupted, and throw Error with the path and the reason.

#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace bertforge::system_calls {

// An error number, or errno, as an Error: kUsage where the path is missing, of the wrong kind or none at all (too long, a
// loop of links), else kEnvironment. `deed`: "cannot be read".
[[noreturn]] void fail_error(const std::filesystem::path& path, const char* deed, int number);
[[noreturn]] void fail_errno(const std::filesystem::path& path, const char* deed);

int open_or_fail(const std::filesystem::path& path, int flags, const char* deed);
void write_all(int descriptor, const void* data, std::size_t num_bytes, const std::filesystem::path& path);
void write_all_at(int descriptor, const void* data, std::size_t num_bytes, std::uint64_t offset,
                  const std::filesystem::path& path);
void flush_to_disk(int descriptor, const std::filesystem::path& path);
void close_or_fail(int& descriptor, const std::filesystem::path& path);  // `descriptor` becomes -1.

// Flushes a file's content, or a folder's list of names.
void flush_path(const std::filesystem::path& path);

// The folder that holds `path`: "." for a bare name.
std::filesystem::path folder_of(const std::filesystem::path& path);

}  // namespace bertforge::system_calls
