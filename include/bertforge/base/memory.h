#pragma once
// Memory for large arrays that are written all over: huge pages where the system gives them, nothing cleared. And what
// memory this process has and may have.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace bertforge {

struct FreeMemory {
  void operator()(void* memory) const;
};

// What allocate_large really takes for `num_bytes`: whole huge pages, where that is a small part of it.
std::size_t large_allocation_size(std::size_t num_bytes);

// At least `num_bytes`, aligned to 64, not cleared. Throws std::bad_alloc.
void* allocate_large(std::size_t num_bytes);

template <class T>
using LargeArray = std::unique_ptr<T[], FreeMemory>;

// REQUIRES: T needs no constructor.
template <class T>
LargeArray<T> make_large_array(std::size_t size) {
  return LargeArray<T>(static_cast<T*>(allocate_large(size * sizeof(T))));
}

// Bytes that this process can have in all before the machine swaps or ends it: what it has now and what Linux calls
// available, but no more than its control group may have (version 2). Nothing where the system does not say.
std::optional<std::int64_t> available_memory();

// The most bytes that this process had in memory at a time (VmHWM).
std::int64_t peak_memory();

}  // namespace bertforge
