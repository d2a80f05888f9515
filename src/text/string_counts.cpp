#include "string_counts.h"

#include <algorithm>
#include <cstring>

#include "bertforge/base/error.h"

namespace bertforge {

namespace {

constexpr std::size_t kFirstSlots = 1 << 12;
constexpr std::size_t kBlockBytes = 1 << 16;

// Eight bytes at a time; the order of words never depends on it.
std::uint32_t hash_of(std::string_view text) {
  constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15;
  std::uint64_t hash = text.size();
  for (std::size_t i = 0; i < text.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + i, std::min<std::size_t>(8, text.size() - i));
    hash = (hash ^ word) * kMultiplier;
    hash ^= hash >> 32;
  }
  return static_cast<std::uint32_t>(hash * kMultiplier >> 32);
}

}  // namespace

StringCounts::StringCounts(Strings strings) : strings_(strings), slots_(kFirstSlots) {}

void StringCounts::add(std::string_view text, std::int64_t count) {
  BERTFORGE_CHECK(text.size() <= ~std::uint32_t{0}, "a word of 4 GB");
  const std::uint32_t hash = hash_of(text);
  const std::size_t mask = slots_.size() - 1;
  std::size_t i = hash & mask;
  for (; slots_[i].text != nullptr; i = (i + 1) & mask) {
    Slot& slot = slots_[i];
    if (slot.hash != hash || std::string_view(slot.text, slot.size) != text) continue;
    slot.count += count;
    return;
  }
  const char* kept = strings_ == Strings::kCopied ? keep(text) : text.data();
  slots_[i] = {kept, static_cast<std::uint32_t>(text.size()), hash, count};
  if (3 * ++size_ > 2 * slots_.size()) grow();
}

void StringCounts::clear() {
  std::fill(slots_.begin(), slots_.end(), Slot());
  blocks_.clear();
  size_ = block_used_ = block_size_ = 0;
}

const char* StringCounts::keep(std::string_view text) {
  if (blocks_.empty() || block_size_ - block_used_ < text.size()) {
    block_size_ = std::max(kBlockBytes, text.size());
    block_used_ = 0;
    blocks_.push_back(std::make_unique<char[]>(block_size_));
  }
  char* place = blocks_.back().get() + block_used_;
  std::copy(text.begin(), text.end(), place);
  block_used_ += text.size();
  return place;
}

void StringCounts::grow() {
  std::vector<Slot> old(2 * slots_.size());
  old.swap(slots_);
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.text == nullptr) continue;
    std::size_t i = slot.hash & mask;
    while (slots_[i].text != nullptr) i = (i + 1) & mask;
    slots_[i] = slot;
  }
}

}  // namespace bertforge
