#include "bertforge/formats/tfrecord.h"

#include <array>
#include <bit>
#include <cstring>

#include "bertforge/formats/protobuf.h"

namespace bertforge {

static_assert(std::endian::native == std::endian::little, "numbers are copied as they lie");

namespace {

constexpr std::uint32_t kFloatList = 2, kInt64List = 3;  // Of tf.train.Feature.

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78U : 0U);
    table[byte] = crc;
  }
  return table;
}
constexpr std::array<std::uint32_t, 256> kCrcTable = make_crc_table();

// As the format stores it, so that a CRC over data that holds CRCs stays sound.
std::uint32_t masked_crc(std::string_view bytes) { return std::rotr(crc32c(bytes), 15) + 0xa282ead8U; }

template <class T>
void append_number(std::string& file, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  file.append(bytes, sizeof(T));
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char byte : bytes) crc = (crc >> 8) ^ kCrcTable[(crc ^ static_cast<std::uint8_t>(byte)) & 0xFF];
  return ~crc;
}

void append_tfrecord(std::string& file, std::string_view record) {
  std::string length;
  append_number(length, static_cast<std::uint64_t>(record.size()));
  file += length;
  append_number(file, masked_crc(length));
  file += record;
  append_number(file, masked_crc(record));
}

void TensorFlowExample::add(std::string_view name, std::span<const std::int64_t> values) {
  std::string packed;
  for (const std::int64_t value : values) append_varint(packed, static_cast<std::uint64_t>(value));
  add_feature(name, kInt64List, packed);
}

void TensorFlowExample::add(std::string_view name, std::span<const float> values) {
  std::string packed;
  for (const float value : values) append_number(packed, value);
  add_feature(name, kFloatList, packed);
}

void TensorFlowExample::add_feature(std::string_view name, std::uint32_t list_number, std::string_view packed) {
  std::string list, feature, entry;
  append_bytes_field(list, 1, packed);
  append_bytes_field(feature, list_number, list);
  append_bytes_field(entry, 1, name);
  append_bytes_field(entry, 2, feature);
  append_bytes_field(features_, 1, entry);
}

std::string TensorFlowExample::serialize() const {
  std::string example;
  append_bytes_field(example, 1, features_);
  return example;
}

}  // namespace bertforge
