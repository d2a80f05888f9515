#include "bertforge/base/memory.h"

#include <sys/mman.h>

#include <cstdlib>
#include <new>

#include "bertforge/base/round_up.h"

namespace bertforge {

namespace {

constexpr std::size_t kCacheLine = 64, kHugePage = std::size_t{2} << 20;

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

void FreeMemory::operator()(void* memory) const { std::free(memory); }

}  // namespace bertforge
