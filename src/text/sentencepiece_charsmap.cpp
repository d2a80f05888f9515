#include <cstdint>

#include "bertforge/base/error.h"
#include "bertforge/text/unicode.h"
#include "sentencepiece_model.h"

namespace bertforge {

namespace {

constexpr std::size_t kUnitBytes = 4;
constexpr std::size_t kBlockUnits = 256;  // A unit and its children, one for each byte, lie in one block.

std::uint32_t read_u32(std::string_view bytes, std::size_t offset) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < kUnitBytes; ++i)
    value |= std::uint32_t{static_cast<std::uint8_t>(bytes[offset + i])} << (8 * i);
  return value;
}

// One element of the double array, as Darts-clone lays out its 32 bits.
struct Unit {
  std::uint32_t bits;

  bool is_value() const { return bits >> 31 != 0; }
  bool has_value() const { return (bits >> 8 & 1) != 0; }
  std::uint32_t value() const { return bits & 0x7FFF'FFFF; }
  std::uint32_t offset() const { return (bits >> 10) << ((bits & 1u << 9) >> 6); }
};

bool begins_character(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<std::uint8_t>(text[at]) & 0xC0) != 0x80;
}

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
  const std::size_t num_units = trie_bytes / kUnitBytes;
  for (std::size_t i = 0; i < num_units; ++i) {
    const Unit unit{read_u32(trie, i * kUnitBytes)};
    if (unit.is_value()) continue;
    const std::size_t child = i ^ unit.offset();
    if (child >= num_units) refuse("its trie leads out of itself");
    if (unit.has_value() && !begins_character(texts, Unit{read_u32(trie, child * kUnitBytes)}.value()))
      refuse("its trie names a text that is not there");
  }
}

}  // namespace bertforge
