#include "bertforge/base/memory.h"

#include <sys/mman.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <new>
#include <string>

#include "bertforge/base/round_up.h"

namespace bertforge {

namespace {

constexpr std::size_t kCacheLine = 64, kHugePage = std::size_t{2} << 20;

// A line "MemAvailable:   1234 kB" of such a file, in bytes.
std::optional<std::int64_t> kilobytes_of(const char* file, const std::string& key) {
  std::ifstream lines(file);
  std::string word;
  for (std::int64_t amount = 0; lines >> word;) {
    if (word == key && lines >> amount) return amount * 1024;
  }
  return std::nullopt;
}

// The least limit among those of the process's control group and of the groups that it is in.
std::optional<std::int64_t> control_group_limit() {
  std::ifstream groups("/proc/self/cgroup");
  std::string line;
  while (std::getline(groups, line) && !line.starts_with("0::/")) {
  }
  if (!groups) return std::nullopt;
  std::optional<std::int64_t> least;
  std::filesystem::path group = std::filesystem::path("/sys/fs/cgroup") / line.substr(4);
  for (; group.native().size() >= std::string("/sys/fs/cgroup").size(); group = group.parent_path()) {
    std::ifstream file(group / "memory.max");
    if (std::int64_t limit = 0; file >> limit) least = std::min(limit, least.value_or(limit));  // Else "max", or none.
  }
  return least;
}

}  // namespace

std::size_t large_allocation_size(std::size_t num_bytes) {
  return round_up(num_bytes, num_bytes < kHugePage ? kCacheLine : kHugePage);
}

void* allocate_large(std::size_t num_bytes) {
  const bool is_huge = num_bytes >= kHugePage;
  const std::size_t size = large_allocation_size(num_bytes);
  void* memory = std::aligned_alloc(is_huge ? kHugePage : kCacheLine, size);
  if (memory == nullptr) throw std::bad_alloc();
  if (is_huge) madvise(memory, size, MADV_HUGEPAGE);  // A wish: where it is refused, pages are small.
  return memory;
}

std::optional<std::int64_t> available_memory() {
  const auto free = kilobytes_of("/proc/meminfo", "MemAvailable:"), own = kilobytes_of("/proc/self/status", "VmRSS:");
  if (!free || !own) return std::nullopt;
  const std::int64_t most = *free + *own;
  return std::min(most, control_group_limit().value_or(most));
}

std::int64_t peak_memory() {
  if (const auto peak = kilobytes_of("/proc/self/status", "VmHWM:")) return *peak;
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{usage.ru_maxrss} * 1024;
}

void FreeMemory::operator()(void* memory) const { std::free(memory); }

}  // namespace bertforge
