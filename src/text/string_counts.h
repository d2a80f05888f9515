#pragma once
// A hash table from strings to counts, for words by the million: 24 bytes an entry, and the strings one after the other.

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace bertforge {

class StringCounts {
 public:
  // kCopied: the table keeps the strings. kReferenced: whoever calls add() keeps them as long as the table has them.
  enum class Strings { kCopied, kReferenced };
  explicit StringCounts(Strings strings = Strings::kCopied);

  void add(std::string_view text, std::int64_t count);
  void clear();  // Keeps the memory.

  std::size_t size() const { return size_; }

  // Calls visit(text, count) for every string, in no fixed order.
  template <class Visit>
  void for_each(Visit visit) const {
    for (const Slot& slot : slots_) {
      if (slot.text != nullptr) visit(std::string_view(slot.text, slot.size), slot.count);
    }
  }

 private:
  struct Slot {
    const char* text = nullptr;  // nullptr: free.
    std::uint32_t size = 0, hash = 0;
    std::int64_t count = 0;
  };

  const char* keep(std::string_view text);
  void grow();

  Strings strings_;
  std::vector<Slot> slots_;  // A power of two of them, at most two thirds used.
  std::size_t size_ = 0;
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t block_used_ = 0, block_size_ = 0;
};

}  // namespace bertforge
