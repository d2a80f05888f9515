#include <cstdint>
#include <vector>

#include "bertforge/base/error.h"
#include "bertforge/text/unicode.h"
#include "sentencepiece_model.h"

namespace bertforge {

namespace {

constexpr std::size_t kUnitBytes = 4;
constexpr std::size_t kBlockUnits = 256;  // A node's children, one for each byte, lie in one block.

std::uint32_t read_u32(std::string_view bytes, std::size_t offset) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < kUnitBytes; ++i)
    value |= std::uint32_t{static_cast<std::uint8_t>(bytes[offset + i])} << (8 * i);
  return value;
}

// One element of the double array, as Darts-clone lays out its 32 bits.
struct Unit {
  std::uint32_t bits;

  bool is_child_for(std::uint32_t byte) const { return (bits & 0x8000'00FF) == byte; }
  bool has_value() const { return (bits >> 8 & 1) != 0; }
  std::uint32_t value() const { return bits & 0x7FFF'FFFF; }
  std::uint32_t offset() const { return (bits >> 10) << ((bits & 1u << 9) >> 6); }
};

// Follows all that the library can follow from the root, as it does: the children of a node are at its position XOR each byte.
class TrieCheck {
 public:
  TrieCheck(std::string_view trie, std::string_view texts)
      : trie_(trie), texts_(texts), most_values_(trie.size() / kUnitBytes, kUnseen) {}

  // What is wrong; "" where nothing is.
  std::string_view fault() {
    std::string_view fault = reach(unit(0).offset(), 0);
    while (fault.empty() && !pending_.empty()) {
      const std::uint32_t node = pending_.back();
      pending_.pop_back();
      for (std::uint32_t byte = 0; byte < 256 && fault.empty(); ++byte) {
        const std::uint32_t child = node ^ byte;
        if (unit(child).is_child_for(byte)) fault = follow(child, most_values_[node]);
      }
    }
    return fault;
  }

 private:
  static constexpr std::uint8_t kUnseen = 255, kMaxValues = 32;  // The library has room for 32 on its stack.

  Unit unit(std::uint32_t at) const { return {read_u32(trie_, at * kUnitBytes)}; }

  std::string_view follow(std::uint32_t child, std::uint8_t num_values) {
    const std::uint32_t node = child ^ unit(child).offset();
    if (!unit(child).has_value()) return reach(node, num_values);
    if (num_values == kMaxValues) return "more than 32 of its entries begin alike";
    const std::string_view fault = reach(node, static_cast<std::uint8_t>(num_values + 1));
    if (fault.empty() && !begins_character(unit(node).value())) return "its trie names a text that is not there";
    return fault;
  }

  // A node is looked at again where another way to it has more values, so circles with a value end at kMaxValues.
  std::string_view reach(std::uint32_t node, std::uint8_t num_values) {
    if (node >= most_values_.size()) return "its trie leads out of itself";
    if (most_values_[node] != kUnseen && most_values_[node] >= num_values) return "";
    most_values_[node] = num_values;
    pending_.push_back(node);
    return "";
  }

  bool begins_character(std::size_t at) const {
    return at < texts_.size() && (static_cast<std::uint8_t>(texts_[at]) & 0xC0) != 0x80;
  }

  std::string_view trie_, texts_;
  std::vector<std::uint8_t> most_values_;  // On the way to each node.
  std::vector<std::uint32_t> pending_;
};

}  // namespace

// The blob is the trie's size in bytes, the trie, and the texts that its values point into, each ended by a NUL.
void check_charsmap(std::string_view charsmap, const std::string& origin) {
  if (charsmap.empty()) return;
  const auto refuse = [&](std::string_view what) {
    fail(ErrorKind::kInput, origin, ": the table of characters is damaged: ", what);
  };
  if (charsmap.size() <= kUnitBytes) refuse("it is too short");
  const std::size_t trie_bytes = read_u32(charsmap, 0);
  if (trie_bytes >= charsmap.size() - kUnitBytes || trie_bytes == 0 || trie_bytes % (kUnitBytes * kBlockUnits) != 0)
    refuse("its trie has an impossible size");
  const std::string_view trie = charsmap.substr(kUnitBytes, trie_bytes),
                         texts = charsmap.substr(kUnitBytes + trie_bytes);
  if (texts.back() != '\0' || find_invalid_utf8(texts) != std::string_view::npos) refuse("its texts are no UTF-8");
  const std::string_view fault = TrieCheck(trie, texts).fault();
  if (!fault.empty()) refuse(fault);
}

}  // namespace bertforge
