#pragma once
// LibTorch's allocator under watch: how much is asked for, how much is there, and an end to it as devices have one.

#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <mutex>
#include <new>

namespace bertforge::testing {

// Stands in front of the allocator for as long as it lives; tensors that are allocated meanwhile may live longer
// (raw_allocate()'s memory, which goes back to the allocator in force, may not).
class WatchedMemory : public c10::Allocator {
 public:
  // More than `limit` bytes at a time are refused, in the words of LibTorch's own allocator.
  explicit WatchedMemory(std::size_t limit = std::numeric_limits<std::size_t>::max())
      : real_(*c10::GetCPUAllocator()), limit_(limit), counts_(std::make_shared<Counts>()) {
    c10::SetCPUAllocator(this, kPriority);
  }
  ~WatchedMemory() override { c10::SetCPUAllocator(&real_, kPriority); }

  c10::DataPtr allocate(std::size_t size) override {
    take(size);
    char* const base = static_cast<char*>(c10::alloc_cpu(kHeaderBytes + size));
    new (base) Header{counts_, size};
    return {base + kHeaderBytes, base + kHeaderBytes, &give_back, c10::kCPU};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &give_back; }
  void copy_data(void* target, const void* source, std::size_t size) const override {
    std::memcpy(target, source, size);
  }

  std::size_t largest() const { return counts_->largest; }  // Of the pieces asked for
  std::size_t peak() const { return counts_->peak; }        // Of what was there at a time, since it began to watch

 private:
  struct Counts {
    std::mutex mutex;
    std::size_t live = 0, peak = 0, largest = 0;
  };
  // In front of each piece; its size keeps the alignment that LibTorch promises.
  struct Header {
    std::shared_ptr<Counts> counts;
    std::size_t size;
  };
  static constexpr std::size_t kHeaderBytes = 64;
  static_assert(sizeof(Header) <= kHeaderBytes);

  void take(std::size_t size) {
    const std::lock_guard lock(counts_->mutex);
    TORCH_CHECK(size <= limit_ - std::min(limit_, counts_->live),
                "DefaultCPUAllocator: can't allocate memory: you tried to allocate ", size, " bytes.");
    counts_->live += size;
    counts_->peak = std::max(counts_->peak, counts_->live);
    counts_->largest = std::max(counts_->largest, size);
  }

  static void give_back(void* memory) {
    if (memory == nullptr) return;
    char* const base = static_cast<char*>(memory) - kHeaderBytes;
    auto* const header = reinterpret_cast<Header*>(base);
    {
      const std::lock_guard lock(header->counts->mutex);
      header->counts->live -= header->size;
    }
    header->~Header();
    c10::free_cpu(base);
  }

  static constexpr std::uint8_t kPriority = 100;
  c10::Allocator& real_;
  const std::size_t limit_;
  const std::shared_ptr<Counts> counts_;
};

}  // namespace bertforge::testing
