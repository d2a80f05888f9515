#pragma once
// A buffer that ends where an unreadable page begins: who reads or writes one element too many ends the test.

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

namespace bertforge::testing {

template <class T>
class Guarded {
 public:
  explicit Guarded(std::int64_t size) : size_(size) {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const std::size_t bytes = static_cast<std::size_t>(size) * sizeof(T);
    mapped_ = (bytes + page - 1) / page * page + 2 * page;
    void* const memory = ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    begin_ = static_cast<char*>(memory);
    ::mprotect(begin_, page, PROT_NONE);
    ::mprotect(begin_ + mapped_ - page, page, PROT_NONE);
    data_ = reinterpret_cast<T*>(begin_ + mapped_ - page - bytes);
  }
  ~Guarded() { ::munmap(begin_, mapped_); }
  Guarded(Guarded&& other) noexcept
      : size_(other.size_), mapped_(other.mapped_), begin_(other.begin_), data_(other.data_) {
    other.begin_ = nullptr;
    other.mapped_ = 0;
  }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
  Guarded& operator=(Guarded&&) = delete;

  T* data() { return data_; }
  const T* data() const { return data_; }
  std::int64_t size() const { return size_; }
  T& operator[](std::int64_t i) { return data_[i]; }
  const T& operator[](std::int64_t i) const { return data_[i]; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }

 private:
  std::int64_t size_;
  std::size_t mapped_ = 0;
  char* begin_ = nullptr;
  T* data_ = nullptr;
};

}  // namespace bertforge::testing
